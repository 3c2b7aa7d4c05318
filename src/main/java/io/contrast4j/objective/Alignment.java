package io.contrast4j.objective;

import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Alignment: the mean of ‖x − y‖^α over pairs of features that belong together (Wang and Isola, "Understanding
 * Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere", 2020).
 *
 * <p>Below α = 2 the gradient of a pair grows without bound as its distance goes to 0, and at 0 the formula has none. A
 * pair that is as close as rounding can tell counts as 0 there, with gradient 0; so value and gradient are always finite.
 *
 * @param alpha α, above 0
 */
public record Alignment(double alpha) {
    /** Distances of features below this are 0: its square is still far from the smallest float32. */
    private static final double SAME_FEATURES = 1e-12;

    public Alignment {
        new Problems().above("alpha", alpha, 0).raise();
    }

    /**
     * From the similarities of unit rows, whose squared distance is 2 − 2·similarity, and not less than 0 where rounding
     * makes it so. Squared distances below 8 roundings of 1 are noise, and count as 0 if α &lt; 2.
     *
     * @param similarities of any shape
     */
    public Tensor ofSimilarities(Tensor similarities) {
        Tensor squares =
                similarities.mul(Tensors.scalar(-2)).add(Tensors.scalar(2)).clamp_min(Tensors.scalar(0));
        boolean isDouble = similarities.scalar_type().intern() == ScalarType.Double;
        return power(squares, 8 * (isDouble ? Math.ulp(1.0) : Math.ulp(1f)));
    }

    /**
     * From features of any length.
     *
     * @param x N×D
     * @param y N×D, the partner of each
     */
    public Tensor of(Tensor x, Tensor y) {
        Tensor squares = Tensors.wide(x).sub(Tensors.wide(y)).square().sum(1);
        return power(squares, SAME_FEATURES * SAME_FEATURES);
    }

    /** The mean of squares^(α/2), without those up to {@code same}. */
    private Tensor power(Tensor squares, double same) {
        if (alpha == 2) {
            return squares.mean();
        }
        if (alpha > 2) {
            return squares.pow(Tensors.scalar(alpha / 2)).mean();
        }
        // The power of such a pair is never taken: its infinite gradient times 0 would be NaN.
        Tensor near = squares.le(Tensors.scalar(same));
        return squares.masked_fill(near, Tensors.scalar(1))
                .pow(Tensors.scalar(alpha / 2))
                .masked_fill(near, Tensors.scalar(0))
                .mean();
    }
}
