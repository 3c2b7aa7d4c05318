package io.contrast4j.tensor;

import io.contrast4j.spec.UserError;
import java.util.Optional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The device that a name such as {@code auto} stands for on this machine. */
public final class ChosenDevice {
    private static final Logger LOG = LoggerFactory.getLogger(ChosenDevice.class);

    private ChosenDevice() {}

    /**
     * @param name auto (the first GPU if it is usable), cpu, cuda or cuda:N
     * @return the device; it belongs to the caller's scope
     * @throws UserError if there is no such GPU, or LibTorch cannot use it
     */
    public static Device of(String name) {
        if (!name.equals("auto") && !name.startsWith("cuda")) {
            return Tensors.device(name);
        }
        int number = name.startsWith("cuda:") ? Integer.parseInt(name.substring("cuda:".length())) : 0;
        Optional<String> obstacle = obstacle(number);
        if (obstacle.isEmpty()) {
            return Tensors.device("cuda:" + number);
        }
        if (!name.equals("auto")) {
            throw new UserError(UserError.USAGE, "device = " + name + ": " + obstacle.get() + ", or use device=cpu.");
        }
        if (Cuda.isBuild()) {
            LOG.warn("device = auto takes the CPU: {}", obstacle.get());
        }
        return Tensors.device("cpu");
    }

    /** What is wrong with a GPU, and what to do. */
    private static Optional<String> obstacle(int number) {
        int count = gpus();
        if (count == 0) {
            return Optional.of("no GPU is usable here, as " + Cuda.obstacle().orElseThrow());
        }
        if (number >= count) {
            return Optional.of(
                    count == 1
                            ? "there is 1 GPU here; use device=cuda:0"
                            : "there are " + count + " GPUs here; use device=cuda:0 to cuda:" + (count - 1));
        }
        return Cuda.gpus().stream()
                .filter(gpu -> gpu.number() == number)
                .findFirst()
                .flatMap(Gpu::unfit)
                .map(unfit -> unfit + "; take another GPU");
    }

    /** Whether the native libraries in use are those for CUDA, with or without a GPU. */
    public static boolean isCudaBuild() {
        return Cuda.isBuild();
    }

    /** GPUs that are usable here. */
    public static int gpus() {
        return Cuda.obstacle().isPresent() ? 0 : torch.cuda_device_count();
    }
}
