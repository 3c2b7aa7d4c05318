package io.contrast4j.nn;

import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Conv2dImpl;
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
        return Weights.heNormal(Convolution.of(in, out, kernel, stride).build());
    }

    /** Batch norm over C channels: ε = 1e-5, momentum 0.1, scale 1, shift 0. */
    static BatchNorm2dImpl batchNorm(int channels) {
        return BatchNorms.ofMaps(new BatchNormOptions(channels));
    }

    /** {@link #batchNorm} with another ε and momentum: running ← (1 − momentum)·running + momentum·batch. */
    static BatchNorm2dImpl batchNorm(int channels, double epsilon, double momentum) {
        BatchNormOptions options = new BatchNormOptions(channels);
        options.eps().put(epsilon);
        options.momentum().put(momentum);
        return BatchNorms.ofMaps(options);
    }

    /** Max-pooling 3×3, stride 2, padding 1. */
    static Tensor maxPool(Tensor x) {
        return torch.max_pool2d(x, new long[] {3, 3}, new long[] {2, 2}, new long[] {1, 1}, new long[] {1, 1}, false);
    }

    /** Max-pooling 3×3, stride 2, no padding. */
    static Tensor maxPoolInside(Tensor x) {
        return torch.max_pool2d(x, new long[] {3, 3}, new long[] {2, 2}, new long[] {0, 0}, new long[] {1, 1}, false);
    }

    /** N×C×H×W → N×C: the mean over all positions. It equals the published 7×7 pooling for 224×224 images. */
    static Tensor globalAveragePool(Tensor x) {
        return x.mean(2, 3);
    }

    /** Max-pooling 2×2, stride 2. */
    static Tensor halve(Tensor x) {
        return torch.max_pool2d(x, new long[] {2, 2}, new long[] {2, 2}, new long[] {0, 0}, new long[] {1, 1}, false);
    }

    /** Each value becomes 0 with the probability, or is divided by what is left of 1; only in training. */
    static Tensor dropout(Tensor x, double probability, boolean training) {
        return training && probability > 0 ? LayerDraws.dropout(x, probability) : x;
    }
}
