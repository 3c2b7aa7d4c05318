package io.contrast4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.contrast4j.spec.UserError;
import java.util.concurrent.CompletionException;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class OutOfMemoryTest {
    /** As LibTorch 2.10 says it over a CUDA runtime that has 200 MiB (tools/gpu/rehearse); frames follow. */
    private static final String GPU = "CUDA out of memory. Tried to allocate 512.00 MiB. GPU 0 has a total capacity of"
            + " 200.00 MiB of which 178.00 MiB is free. Of the allocated memory 8.13 MiB is allocated by PyTorch, and"
            + " 13.87 MiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting"
            + " PYTORCH_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  See documentation for Memory Management"
            + "  (https://pytorch.org/docs/stable/notes/cuda.html#environment-variables)\nException raised from malloc at"
            + " /home/runner/work/pytorch/c10/cuda/CUDACachingAllocator.cpp:1574 (most recent call first):\nframe #0: …";

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

    @Test
    void ofAGpuItIsSaidWhichAndHowMuchItHas() {
        RuntimeException failure = new RuntimeException(GPU);
        assertThat(OutOfMemory.is(failure)).isTrue();
        assertThat(OutOfMemory.error(failure))
                .hasMessage("There is not enough memory on cuda:0 (200.00 MiB, of which 178.00 MiB are free) for"
                        + " 512.00 MiB more; choose a smaller batch, picture, network, queue or bank, or a smaller data"
                        + " set.");
        assertThat(OutOfMemory.error(new CompletionException(failure))).hasMessageContaining("512.00 MiB more");
    }

    @Test
    void whatDoesNotFitIsNamedOnce() {
        assertThatThrownBy(() -> OutOfMemory.told(
                        "the whole",
                        "take less",
                        () -> OutOfMemory.told("the network", "take a smaller one", () -> {
                            throw new IllegalStateException(GPU);
                        })))
                .isInstanceOfSatisfying(
                        UserError.class, told -> assertThat(told.exitCode()).isEqualTo(UserError.FAILED))
                .hasMessage("There is not enough memory on cuda:0 (200.00 MiB, of which 178.00 MiB are free) for the"
                        + " network; take a smaller one.");
    }

    /** As PyTorch's issues quote them: what CUDA's libraries and pinned memory say. */
    @Test
    void otherAllocatorsAreUnderstood() {
        assertThat(OutOfMemory.is(new RuntimeException(
                        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")))
                .isTrue();
        assertThat(OutOfMemory.is(new RuntimeException("CUDA error: out of memory\nCUDA kernel errors might be …")))
                .isTrue();
    }

    @Test
    void otherFailuresAreNone() {
        assertThat(OutOfMemory.is(new RuntimeException("mat1 and mat2 shapes cannot be multiplied")))
                .isFalse();
        assertThat(OutOfMemory.is(new IllegalStateException())).isFalse();
    }
}
