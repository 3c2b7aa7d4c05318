package io.contrast4j.tensor;

import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What the convolutions and products of networks are computed in, by {@link Autocast}. Weights, gradients, features,
 * similarities and losses are float32 in all of them.
 */
public enum Precision {
    /** float32. */
    FP32,
    /** bfloat16: the range of float32, with 8 significant bits. */
    BF16,
    /** float16: 11 significant bits, but no number above 65504 or below 6e-8, so that gradients must be scaled. */
    FP16;

    /** The type of the products. */
    public ScalarType type() {
        return switch (this) {
            case FP32 -> ScalarType.Float;
            case BF16 -> ScalarType.BFloat16;
            case FP16 -> ScalarType.Half;
        };
    }
}
