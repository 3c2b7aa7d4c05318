package io.contrast4j.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * Layers in a row, registered as "0", "1", … as Python's {@code Sequential} does it, where layers without parameters
 * count too. LibTorch's own sequence takes no module written in Java.
 */
final class Sequence extends Module {
    private final List<UnaryOperator<Tensor>> layers = new ArrayList<>();

    /** Appends a module under its position. */
    Sequence add(Module module, UnaryOperator<Tensor> forward) {
        register_module(Integer.toString(layers.size()), module);
        return add(forward);
    }

    /** Appends a layer without parameters; it takes a position all the same. */
    Sequence add(UnaryOperator<Tensor> layer) {
        layers.add(layer);
        return this;
    }

    Sequence add(Conv2dImpl convolution) {
        return add(convolution, convolution::forward);
    }

    Sequence add(BatchNorm2dImpl norm) {
        return add(norm, norm::forward);
    }

    Sequence add(LinearImpl linear) {
        return add(linear, linear::forward);
    }

    /** Number of layers. */
    int length() {
        return layers.size();
    }

    Tensor forward(Tensor x) {
        for (UnaryOperator<Tensor> layer : layers) {
            x = layer.apply(x);
        }
        return x;
    }
}
