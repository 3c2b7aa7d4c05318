package io.contrast4j.tensor;

import io.contrast4j.spec.UserError;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;

/** The device that a name such as {@code auto} stands for on this machine. */
public final class ChosenDevice {
    private ChosenDevice() {}

    /**
     * @param name auto (the first GPU if there is one), cpu, cuda or cuda:N
     * @return the device; it belongs to the caller's scope
     * @throws UserError if there is no such GPU
     */
    public static Device of(String name) {
        int count = gpus();
        if (name.equals("auto")) {
            return Tensors.device(count > 0 ? "cuda:0" : "cpu");
        }
        if (name.startsWith("cuda")) {
            int number = name.equals("cuda") ? 0 : Integer.parseInt(name.substring("cuda:".length()));
            if (number >= count) {
                throw new UserError(
                        UserError.USAGE,
                        "device = " + name + ": "
                                + (count == 0
                                        ? "no GPU is usable here"
                                        : "there are " + count + " GPUs here, from cuda:0")
                                + "; use device=cpu or device=auto.");
            }
            return Tensors.device("cuda:" + number);
        }
        return Tensors.device(name);
    }

    /** Whether the native libraries in use are those for CUDA, with or without a GPU. */
    public static boolean isCudaBuild() {
        return Loader.loadProperties().getProperty("platform.extension", "").equals("-gpu");
    }

    /** GPUs that are usable here. */
    public static int gpus() {
        return torch.cuda_is_available() ? torch.cuda_device_count() : 0;
    }
}
