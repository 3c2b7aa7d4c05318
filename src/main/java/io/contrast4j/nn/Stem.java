package io.contrast4j.nn;

import java.util.Optional;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Tensor;

/** The layers of a ResNet in front of its stages. */
public enum Stem {
    /** A 7×7 convolution and a 3×3 max-pool of stride 2 each: a quarter of the side is left. */
    IMAGENET(7, 2),
    /** A 3×3 convolution of stride 1 and no pooling, for small pictures such as CIFAR's: the side stays. */
    CIFAR(3, 1);

    private final int kernel;
    private final int stride;

    Stem(int kernel, int stride) {
        this.kernel = kernel;
        this.stride = stride;
    }

    /** As {@link Backbone.Config#sizeProblem}. */
    Optional<String> sizeProblem(int height, int width) {
        return Math.min(height, width) >= kernel
                ? Optional.empty()
                : Optional.of("at least " + kernel + " pixels, the kernel of a ResNet's first convolution");
    }

    Conv2dImpl convolution(int in, int out) {
        return Layers.convolution(in, out, kernel, stride);
    }

    /** What follows convolution, norm and ReLU. */
    Tensor pool(Tensor x) {
        return this == IMAGENET ? Layers.maxPool(x) : x;
    }
}
