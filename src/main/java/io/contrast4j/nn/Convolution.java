package io.contrast4j.nn;

import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Conv2dOptions;

/**
 * What a k×k convolution is like; made by {@link #of} and changed from there. Its weights and bias start as LibTorch's,
 * uniform on ±1/√(fan-in), unless {@link Weights} draws others.
 */
record Convolution(int in, int out, int kernel, int stride, int padding, int groups, boolean bias) {
    /** "Same" padding ⌊k/2⌋, one group, no bias. */
    static Convolution of(int in, int out, int kernel, int stride) {
        return new Convolution(in, out, kernel, stride, kernel / 2, 1, false);
    }

    /** Each channel for itself. */
    static Convolution depthwise(int channels, int kernel, int stride, int padding) {
        return new Convolution(channels, channels, kernel, stride, padding, channels, false);
    }

    Convolution withBias() {
        return new Convolution(in, out, kernel, stride, padding, groups, true);
    }

    Conv2dImpl build() {
        Conv2dOptions options = new Conv2dOptions(in, out, square(kernel));
        options.stride().put(square(stride));
        options.padding().put(square(padding));
        options.groups().put(groups);
        options.bias().put(bias);
        return new Conv2dImpl(options);
    }

    private static LongPointer square(long side) {
        return new LongPointer(side, side);
    }
}
