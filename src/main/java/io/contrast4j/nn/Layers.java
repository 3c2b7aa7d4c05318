package io.contrast4j.nn;

import io.contrast4j.tensor.NoGrad;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Conv2dOptions;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The layers that the backbones are made of, with the initialisation of their sources. */
final class Layers {
    private Layers() {}

    /**
     * A k×k convolution without bias, "same" padding ⌊k/2⌋, weights drawn from N(0, 2/(k·k·out)), the initialisation of
     * He et al. (2015) in its fan-out form.
     */
    static Conv2dImpl convolution(int in, int out, int kernel, int stride) {
        Conv2dOptions options = new Conv2dOptions(in, out, square(kernel));
        options.stride().put(square(stride));
        options.padding().put(square(kernel / 2));
        options.bias().put(false);
        Conv2dImpl convolution = new Conv2dImpl(options);
        double deviation = Math.sqrt(2.0 / ((double) kernel * kernel * out));
        try (NoGrad noGrad = NoGrad.open()) {
            convolution.weight().normal_(0, deviation, new GeneratorOptional());
        }
        return convolution;
    }

    /** Batch norm over C channels: ε = 1e-5, momentum 0.1, scale 1, shift 0. */
    static BatchNorm2dImpl batchNorm(int channels) {
        return new BatchNorm2dImpl(new BatchNormOptions(channels));
    }

    /** Max-pooling 3×3, stride 2, padding 1. */
    static Tensor maxPool(Tensor x) {
        return torch.max_pool2d(x, new long[] {3, 3}, new long[] {2, 2}, new long[] {1, 1}, new long[] {1, 1}, false);
    }

    /** N×C×H×W → N×C: the mean over all positions. It equals the published 7×7 pooling for 224×224 images. */
    static Tensor globalAveragePool(Tensor x) {
        return x.mean(2, 3);
    }

    private static LongPointer square(long side) {
        return new LongPointer(side, side);
    }
}
