package io.contrast4j.cli;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.ChosenDevice;
import io.contrast4j.tensor.Precision;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Locale;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where to compute. */
final class Devices {
    private static final Logger LOG = LoggerFactory.getLogger(Devices.class);

    private Devices() {}

    /**
     * @param name auto, cpu, cuda or cuda:N
     * @throws UserError if there is no such GPU
     */
    static Device choose(String name) {
        return ChosenDevice.of(name);
    }

    /**
     * Tries a convolution and its gradient.
     *
     * @throws UserError if the device cannot do it
     */
    static void require(Device device, Precision precision) {
        if (precision == Precision.FP32) {
            return;
        }
        String key = "train.precision = " + precision.name().toLowerCase(Locale.ROOT);
        try (Scope scope = Scope.open()) {
            Tensor images = Tensors.to(torch.torch_ones(1, 8, 8, 8), device);
            Tensor weights = Tensors.to(torch.torch_ones(8, 8, 3, 3), device).set_requires_grad(true);
            Tensor sums;
            try (Autocast autocast = Autocast.open(device, precision.type())) {
                sums = torch.conv2d(images, weights);
            }
            sums.to(ScalarType.Float).sum().backward();
            Tensors.scalar(weights.grad().sum());
        } catch (RuntimeException refused) {
            throw new UserError(
                    UserError.USAGE,
                    key + ": " + device.str().getString() + " cannot compute in it ("
                            + String.valueOf(refused.getMessage())
                                    .lines()
                                    .findFirst()
                                    .orElse("") + "); use fp32.",
                    refused);
        }
        if (device.is_cpu() && precision == Precision.FP16) {
            LOG.warn(
                    "{} is many times slower than fp32 on most CPUs, which have no instructions for it; bf16 is not",
                    key);
        }
    }
}
