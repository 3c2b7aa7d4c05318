package io.contrast4j.tensor;

import org.bytedeco.cuda.cudart.cudaDeviceProp;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.pytorch.global.torch_cuda;

/** What CUDA's runtime says of itself. Only with the natives for CUDA and a driver: without, its methods throw a {@link LinkageError}. */
final class CudaRuntime {
    /** cudaErrorInsufficientDriver; also where there is no driver at all. */
    static final int OLD_DRIVER = 35;

    /** cudaErrorNoDevice. */
    static final int NO_DEVICE = 100;

    private CudaRuntime() {}

    /**
     * Whether there are GPUs.
     *
     * @param error 0: there are
     * @param message of the error
     * @param driver the driver's version of CUDA, such as 13010; 0 without one
     * @param runtime the version of CUDA that this is
     */
    record Answer(int error, String message, int driver, int runtime) {}

    static Answer answer() {
        int[] count = new int[1];
        int[] driver = new int[1];
        int[] runtime = new int[1];
        int error = cudart.cudaGetDeviceCount(count);
        String message = cudart.cudaGetErrorString(error).getString();
        if (error != 0) {
            // The runtime remembers it, and LibTorch would take it for a failure of its next call.
            cudart.cudaGetLastError();
        }
        cudart.cudaDriverGetVersion(driver);
        cudart.cudaRuntimeGetVersion(runtime);
        return new Answer(error, message, driver[0], runtime[0]);
    }

    /** Whether a GPU that this process has used refuses all calls; does not wait for it, and does not begin to use it. */
    static boolean isBroken(Gpu gpu) {
        try (Scope scope = Scope.open()) {
            byte number = (byte) gpu.number();
            if (torch_cuda.hasPrimaryContext(number)) {
                torch_cuda.getDefaultCUDAStream(number).query();
            }
            return false;
        } catch (RuntimeException refused) {
            return true;
        }
    }

    static Gpu gpu(int number) {
        try (Scope scope = Scope.open()) {
            cudaDeviceProp facts = new cudaDeviceProp();
            int error = cudart.cudaGetDeviceProperties(facts, number);
            if (error != 0) {
                throw new IllegalStateException("cuda:" + number + ": "
                        + cudart.cudaGetErrorString(error).getString());
            }
            return new Gpu(
                    number, facts.name().getString(), facts.totalGlobalMem(), 10 * facts.major() + facts.minor());
        }
    }
}
