package io.contrast4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The search; the trainer's use of it is in {@link TrainerTest}. */
class FittingBatchTest {
    @Test
    void theLargestTrialThatFitsIsFound() {
        List<Integer> tried = new ArrayList<>();
        assertThat(FittingBatch.of(256, size -> {
                    tried.add(size);
                    return size <= 70;
                }))
                .hasValue(64);
        assertThat(tried).containsExactly(192, 128, 96, 64);
        assertThat(FittingBatch.of(2, size -> true)).isEmpty();
    }
}
