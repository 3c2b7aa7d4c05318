package io.contrast4j.nn;

import io.contrast4j.tensor.NoGrad;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * Convolutions with a shortcut (He et al., 2015): 3×3, 3×3, or as bottleneck 1×1, 3×3, 1×1 with four times the
 * channels. A batch norm follows each convolution and a ReLU each norm but the last, then one the sum. The first 3×3
 * convolution carries the stride. The shortcut is a 1×1 convolution with a norm where stride or channels change.
 */
final class ResidualBlock extends Module {
    private final List<Conv2dImpl> convolutions = new ArrayList<>();
    private final List<BatchNorm2dImpl> norms = new ArrayList<>();
    private final UnaryOperator<Tensor> shortcut;

    /**
     * @param in channels of the input
     * @param inner channels of the convolutions but the last of a bottleneck
     * @param out channels of the output
     * @param shortcutName what the projection is registered as: {@code downsample}, or {@code shortcut} for SelfCon
     */
    ResidualBlock(int in, int inner, int out, int stride, boolean bottleneck, String shortcutName) {
        if (bottleneck) {
            add(in, inner, 1, 1);
            add(inner, inner, 3, stride);
            add(inner, out, 1, 1);
        } else {
            add(in, inner, 3, stride);
            add(inner, out, 3, 1);
        }
        shortcut = stride == 1 && in == out ? x -> x : projection(shortcutName, in, out, stride);
    }

    private void add(int in, int out, int kernel, int stride) {
        int number = convolutions.size() + 1;
        convolutions.add(register_module("conv" + number, Layers.convolution(in, out, kernel, stride)));
        norms.add(register_module("bn" + number, Layers.batchNorm(out)));
    }

    private UnaryOperator<Tensor> projection(String name, int in, int out, int stride) {
        Sequence projection =
                new Sequence().add(Layers.convolution(in, out, 1, stride)).add(Layers.batchNorm(out));
        register_module(name, projection);
        return projection::forward;
    }

    Tensor forward(Tensor x) {
        Tensor y = x;
        int last = convolutions.size() - 1;
        for (int i = 0; i <= last; i++) {
            y = norms.get(i).forward(convolutions.get(i).forward(y));
            if (i < last) {
                y = y.relu_();
            }
        }
        return y.add_(shortcut.apply(x)).relu_();
    }

    /** Sets the last norm's scale to 0: the block starts as its shortcut alone (Goyal et al., 2017). */
    void startAsShortcut() {
        try (NoGrad noGrad = NoGrad.open()) {
            norms.get(norms.size() - 1).weight().zero_();
        }
    }
}
