package io.contrast4j.tensor;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Lets LibTorch compute convolutions and products on one kind of device in a shorter type, on this thread, until it is
 * closed. Parameters keep their type; LibTorch converts them, and keeps what it converted until the outermost guard
 * closes. It belongs around the forward pass alone: the backward pass takes the types of the forward pass by itself.
 *
 * <p>Guards nest: the one inside is in force, and when it closes, things are as they were.
 */
public final class Autocast implements AutoCloseable {
    private final DeviceType kind;
    private final ScalarType typeBefore;
    private final boolean enabledBefore;

    private Autocast(DeviceType kind) {
        this.kind = kind;
        this.typeBefore = torch.get_autocast_dtype(kind).intern();
        this.enabledBefore = torch.is_autocast_enabled(kind);
    }

    /**
     * Begins on the calling thread.
     *
     * @param device any device of the kind
     * @param type {@code BFloat16} or {@code Half} to compute in; {@code Float} switches it off, also inside another guard
     */
    public static Autocast open(Device device, ScalarType type) {
        Autocast guard = new Autocast(device.type().intern());
        torch.increment_nesting();
        boolean shorter = type != ScalarType.Float;
        if (shorter) {
            torch.set_autocast_dtype(guard.kind, type);
        }
        torch.set_autocast_enabled(guard.kind, shorter);
        return guard;
    }

    /**
     * Runs a block in full, also inside a guard: for similarities and losses, whose differences are smaller than what 16
     * bits can tell apart.
     */
    public static <T> T without(Device device, Supplier<T> block) {
        try (Autocast off = open(device, ScalarType.Float)) {
            return block.get();
        }
    }

    @Override
    public void close() {
        torch.set_autocast_enabled(kind, enabledBefore);
        torch.set_autocast_dtype(kind, typeBefore);
        if (torch.decrement_nesting() == 0) {
            // Converted parameters are copies of before the optimizer's step.
            torch.clear_cache();
        }
    }
}
