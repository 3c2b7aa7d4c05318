package io.contrast4j.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How exchanges between GPUs are waited for, without any. */
class NcclTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    @Test
    void whatIsCompleteIsNotWaitedForAnyLonger() {
        AtomicInteger asked = new AtomicInteger();
        Nccl.await(() -> asked.incrementAndGet() == 3, () -> false, LONG);
        assertThat(asked).hasValue(3);
        // Another has gone, but had done its part.
        Nccl.await(() -> asked.incrementAndGet() == 6, () -> true, LONG);
    }

    @Test
    void whoWaitsForOneThatIsGoneLearnsItLongBeforeTheTimeOut() {
        long start = System.nanoTime();
        assertThatThrownBy(() -> Nccl.await(() -> false, () -> true, LONG)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Nccl.await(() -> false, () -> false, Duration.ofMillis(100)))
                .isInstanceOf(IllegalStateException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    }
}
