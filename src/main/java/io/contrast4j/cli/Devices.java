package io.contrast4j.cli;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;

/** Where to compute. */
final class Devices {
    private Devices() {}

    /**
     * @param name auto, cpu, cuda or cuda:N
     * @throws UserError if there is no such GPU
     */
    static Device choose(String name) {
        int count = torch.cuda_is_available() ? torch.cuda_device_count() : 0;
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
}
