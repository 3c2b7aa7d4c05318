package io.contrast4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.CudaRuntime.Answer;
import org.bytedeco.pytorch.Device;
import org.junit.jupiter.api.Test;

class CudaTest {
    private static String found(int error, String message, int driver) {
        return Cuda.obstacle(new Answer(error, message, driver, 13010), "0,1").found();
    }

    @Test
    void whatKeepsCudaFromStartingIsToldApart() {
        assertThat(found(35, "CUDA driver version is insufficient for CUDA runtime version", 12080))
                .isEqualTo("the NVIDIA driver is of CUDA 12.8, and this build of LibTorch needs one of CUDA 13");
        assertThat(found(35, "CUDA driver version is insufficient for CUDA runtime version", 0))
                .isEqualTo("there is no NVIDIA driver here");
        assertThat(found(100, "no CUDA-capable device is detected", 13000))
                .isEqualTo("the NVIDIA driver shows no GPU (CUDA_VISIBLE_DEVICES is 0,1)");
        assertThat(found(802, "system not yet initialized", 13010))
                .isEqualTo("CUDA does not start: system not yet initialized (error 802)");
    }

    /** The linker's words, as seen with the natives for CUDA on a machine without. */
    @Test
    void theLibraryThatIsMissingIsNamed() {
        LinkageError torch =
                new UnsatisfiedLinkError("/home/user/.javacpp/cache/libtorch_cuda.so: libcusparse.so.12: cannot open"
                        + " shared object file: No such file or directory");
        assertThat(Cuda.unloaded(torch))
                .hasToString("LibTorch's library for CUDA needs libcusparse.so.12, which is not found; install CUDA 13,"
                        + " cuDNN 9 and NCCL 2, add their folders to LD_LIBRARY_PATH, or take the image that was built with"
                        + " VARIANT=gpu");
        UnsatisfiedLinkError outer = new UnsatisfiedLinkError("no jnicudart in java.library.path");
        outer.initCause(
                new UnsatisfiedLinkError("/home/user/.javacpp/cache/libjnicudart.so: libcuda.so.1: cannot open shared"
                        + " object file: No such file or directory"));
        assertThat(Cuda.unloaded(outer).found()).isEqualTo("there is no NVIDIA driver here");
        assertThat(Cuda.unloaded(new UnsatisfiedLinkError("version `GLIBC_2.35' not found"))
                        .found())
                .isEqualTo("LibTorch's library for CUDA does not load (version `GLIBC_2.35' not found)");
    }

    @Test
    void gpusAreComparedWithTheCodeThatLibTorchHas() {
        String config =
                "  - CUDA Runtime 13.1\n  - NVCC architecture flags: -gencode;arch=compute_75,code=sm_75;-gencode;arch="
                        + "compute_80,code=sm_80;-gencode;arch=compute_90,code=sm_90;-gencode;arch=compute_100,code=sm_100;-gencode;arch="
                        + "compute_120,code=sm_120\n  - CuDNN 91.9\n";
        for (int fit : new int[] {75, 80, 86, 89, 90, 100, 103, 120, 121}) {
            assertThat(new Gpu(0, "X", 0, fit).unfit(config)).as("%d", fit).isEmpty();
        }
        for (int unfit : new int[] {61, 70, 72, 110, 130}) {
            assertThat(new Gpu(0, "X", 0, unfit).unfit(config)).as("%d", unfit).isPresent();
        }
        assertThat(new Gpu(1, "Tesla V100", 0, 70).unfit(config))
                .contains(
                        "cuda:1 (Tesla V100) is of compute capability 7.0, and this build of LibTorch has code for 7.5, 8.0,"
                                + " 9.0, 10.0, 12.0 only");
        assertThat(new Gpu(0, "X", 0, 130).unfit(config + "-gencode;arch=compute_120,code=compute_120"))
                .as("code that the driver compiles")
                .isEmpty();
        assertThat(new Gpu(0, "NVIDIA A100", 79L << 30, 80))
                .hasToString("cuda:0 NVIDIA A100, 79.0 GiB, compute capability 8.0");
    }

    @Test
    void theBuildForTheCpuTakesTheCpuOrSaysWhyItCannot() {
        assumeFalse(Cuda.isBuild(), "this is the build for CUDA");
        try (Device device = ChosenDevice.of("auto")) {
            assertThat(device.is_cpu()).isTrue();
        }
        assertThat(Cuda.gpus()).isEmpty();
        assertThat(Cuda.driver()).isEmpty();
        assertThatThrownBy(() -> ChosenDevice.of("cuda:1"))
                .isInstanceOf(UserError.class)
                .hasMessage(
                        "device = cuda:1: no GPU is usable here, as this is LibTorch's build for the CPU; take the one for"
                                + " CUDA, or use device=cpu.");
    }
}
