package io.contrast4j.nn;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/**
 * The order in memory in which the channels of a pixel stand together, which convolutions prefer on some devices, above
 * all in shorter types. Shapes, names and files stay as they are, and results differ by rounding only.
 */
public final class ChannelsLast {
    private ChannelsLast() {}

    /**
     * Reorders the weights of all convolutions. To be done before there is an optimizer, whose buffers take the order of
     * the weights.
     */
    public static void weights(Module module) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            StateDict.parameters(module).values().stream()
                    .filter(weight -> weight.dim() == 4)
                    .forEach(weight -> weight.set_data(images(weight)));
        }
    }

    /** Whether the weights of convolutions are in this order. */
    static boolean isOrderOf(Module module) {
        return StateDict.parameters(module).values().stream()
                .filter(weight -> weight.dim() == 4 && weight.size(1) > 1 && weight.size(2) > 1)
                .anyMatch(weight -> weight.stride(1) == 1);
    }

    /** The same N×C×H×W values in this order. */
    public static Tensor images(Tensor images) {
        return images.contiguous(MemoryFormat.ChannelsLast);
    }
}
