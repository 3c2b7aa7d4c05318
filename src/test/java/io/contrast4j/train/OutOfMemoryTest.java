package io.contrast4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** The sentences; the trainer's use of them is in {@link TrainerTest}. */
class OutOfMemoryTest {
    @Test
    void whatLibTorchCannotAllocateBecomesOneSentence() {
        try (Scope scope = Scope.open()) {
            RuntimeException real =
                    catchThrowableOfType(RuntimeException.class, () -> Tensors.empty(ScalarType.Float, 1L << 46));
            assertThat(OutOfMemory.is(real)).isTrue();
            assertThat(OutOfMemory.error(real))
                    .hasMessage(
                            "There is not enough memory for 262144.0 GiB more; choose a smaller batch, picture, network,"
                                    + " queue or bank, or a smaller data set.");
        }
    }

    /** As PyTorch's documentation and issues quote it; no GPU has said it here. */
    @Test
    void whatAGpuSaysIsUnderstood() {
        RuntimeException failure =
                new RuntimeException("CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total"
                        + " capacity of 23.69 GiB of which 1.02 GiB is free.");
        assertThat(OutOfMemory.is(failure)).isTrue();
        assertThat(OutOfMemory.error(failure)).hasMessageStartingWith("There is not enough memory for 2.50 GiB more;");
    }

    @Test
    void otherFailuresAreNone() {
        assertThat(OutOfMemory.is(new RuntimeException("mat1 and mat2 shapes cannot be multiplied")))
                .isFalse();
        assertThat(OutOfMemory.is(new IllegalStateException())).isFalse();
    }

    @Test
    void theLargestTrialThatFitsIsFound() {
        List<Integer> tried = new ArrayList<>();
        assertThat(OutOfMemory.fitting(256, size -> {
                    tried.add(size);
                    return size <= 70;
                }))
                .hasValue(64);
        assertThat(tried).containsExactly(192, 128, 96, 64);
        assertThat(OutOfMemory.fitting(2, size -> true)).isEmpty();
    }
}
