package io.contrast4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.spec.UserError;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class GpuFailureTest {
    /** LibTorch 2.10 over a CUDA runtime that fails (tools/gpu/rehearse); frames follow. */
    private static final String ECC =
            "CUDA error: uncorrectable ECC error encountered\nCUDA kernel errors might be asynchronously reported at some other"
                    + " API call, so the stacktrace below might be incorrect.\nFor debugging consider passing"
                    + " CUDA_LAUNCH_BLOCKING=1\nCompile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n\nException"
                    + " raised from c10_cuda_check_implementation at /home/runner/CUDAException.cpp:44 (most recent call"
                    + " first):\nframe #0: …";

    @Test
    void whatAGpuSaysIsTakenOutOfLibTorchsMessage() {
        assertThat(GpuFailure.said(new RuntimeException(ECC))).contains("uncorrectable ECC error encountered");
        assertThat(GpuFailure.said(new CompletionException(new RuntimeException(ECC))))
                .contains("uncorrectable ECC error encountered");
        assertThat(GpuFailure.said(new RuntimeException("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED\nException …")))
                .contains("cuDNN: CUDNN_STATUS_EXECUTION_FAILED");
        assertThat(GpuFailure.said(new RuntimeException(
                        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle, …)`")))
                .contains("CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle, …)`");
    }

    @Test
    void otherFailuresAreNone() {
        assertThat(GpuFailure.said(
                        new RuntimeException("Expected all tensors to be on the same device, but got mat2 is on"
                                + " cuda:0, different from other tensors on cpu")))
                .isEmpty();
        assertThat(GpuFailure.said(new RuntimeException())).isEmpty();
        UserError told = GpuFailure.error(new RuntimeException(ECC), "cuda:0", "it", "");
        assertThat(GpuFailure.said(told)).as("one that is told").isEmpty();
    }

    @Test
    void theSentenceNamesTheGpuAndWhatIsKept() {
        RuntimeException cause = new RuntimeException(ECC);
        assertThat(GpuFailure.error(
                        cause, "cuda:1 (NVIDIA A100)", "uncorrectable ECC error encountered", "; --resume goes on"))
                .hasMessage(
                        "cuda:1 (NVIDIA A100) has failed: uncorrectable ECC error encountered; --resume goes on; look at"
                                + " nvidia-smi and the kernel's messages (dmesg, Xid), and reset or replace the card if it comes"
                                + " again.");
        assertThat(GpuFailure.error(cause, "cuda:0", "device-side assert triggered", ""))
                .hasMessageContaining("please report it");
    }
}
