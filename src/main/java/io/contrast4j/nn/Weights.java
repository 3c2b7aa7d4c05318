package io.contrast4j.nn;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;

/** The initialisations of the sources; draws are LibTorch's default generator's. Biases become 0. */
final class Weights {
    private Weights() {}

    /** N(0, 2/(k·k·out)), the fan-out form of He et al. (2015). */
    static Conv2dImpl heNormal(Conv2dImpl convolution) {
        long[] shape = Tensors.shape(convolution.weight());
        fill(convolution.weight(), convolution.bias(), Math.sqrt(2.0 / (shape[0] * shape[2] * shape[3])), false);
        return convolution;
    }

    /** Uniform on ±√2·√(6/((in + out)·k·k)), the form of Glorot and Bengio (2010) with gain √2. */
    static Conv2dImpl glorotUniform(Conv2dImpl convolution) {
        long[] shape = Tensors.shape(convolution.weight());
        double bound = Math.sqrt(2) * Math.sqrt(6.0 / ((shape[0] + shape[1]) * shape[2] * shape[3]));
        fill(convolution.weight(), convolution.bias(), bound, true);
        return convolution;
    }

    /** N(0, deviation²). */
    static Conv2dImpl normal(Conv2dImpl convolution, double deviation) {
        fill(convolution.weight(), convolution.bias(), deviation, false);
        return convolution;
    }

    /** N(0, deviation²). */
    static LinearImpl normal(LinearImpl linear, double deviation) {
        fill(linear.weight(), linear.bias(), deviation, false);
        return linear;
    }

    private static void fill(Tensor weight, Tensor bias, double scale, boolean uniform) {
        try (NoGrad noGrad = NoGrad.open()) {
            if (uniform) {
                weight.uniform_(-scale, scale, new GeneratorOptional());
            } else {
                weight.normal_(0, scale, new GeneratorOptional());
            }
            if (bias.defined()) {
                bias.zero_();
            }
        }
    }
}
