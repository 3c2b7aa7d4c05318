package io.contrast4j.tensor;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What LibTorch keeps for each thread apart, to be carried to another one: whether gradients are recorded, and {@link
 * Autocast}. What it keeps for the whole process, such as TF32 and deterministic algorithms, needs no carrying.
 *
 * @param recording whether gradients are recorded
 * @param computing the type that autocast computes in; {@code Float} where it is off
 */
public record ThreadModes(boolean recording, ScalarType computing) {
    /** Those of the calling thread. */
    public static ThreadModes of(Device device) {
        DeviceType kind = device.type().intern();
        return new ThreadModes(
                GradMode.is_enabled(),
                torch.is_autocast_enabled(kind) ? torch.get_autocast_dtype(kind).intern() : ScalarType.Float);
    }

    /**
     * Runs a block on the calling thread with these. A thread of its own begins with recording and without autocast.
     *
     * @param device any of the kind that they are {@linkplain #of of}
     */
    public <T> T run(Device device, Supplier<T> block) {
        if (!recording) {
            try (NoGrad noGrad = NoGrad.open()) {
                return computing(device, block);
            }
        }
        return computing(device, block);
    }

    private <T> T computing(Device device, Supplier<T> block) {
        if (computing == ScalarType.Float) {
            return block.get();
        }
        try (Autocast autocast = Autocast.open(device, computing)) {
            return block.get();
        }
    }
}
