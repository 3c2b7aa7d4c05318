package io.contrast4j.objective;

import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * What is minimised where a view is predicted from another instead of contrasted with it, the comparison of Tian,
 * Krishnan, Isola, "Contrastive Multiview Coding" (2019): the mean of (predicted − target)² over all N·M numbers, so
 * that it does not depend on how large a view is.
 */
public final class PredictionError {
    private PredictionError() {}

    /**
     * A 0-d tensor.
     *
     * @param predicted N×M
     * @param target N×M; it has a gradient only if it brings one
     */
    public static Tensor of(Tensor predicted, Tensor target) {
        // LibTorch would stretch an axis of length 1.
        if (!Arrays.equals(Tensors.shape(predicted), Tensors.shape(target))) {
            throw new IllegalArgumentException("a prediction of shape " + Arrays.toString(Tensors.shape(predicted))
                    + " is not of the target's shape " + Arrays.toString(Tensors.shape(target)));
        }
        return Tensors.wide(predicted).sub(Tensors.wide(target)).square().mean();
    }
}
