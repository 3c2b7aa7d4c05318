package io.contrast4j.eval;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The softmax of the logits of several classifiers, e/Σe with e = exp(z − max z), and the losses −log of the right class's share.
 * LibTorch's own is three times slower where there are few classes.
 *
 * @param logits z, N×R×C
 * @param greatest N×R×1
 * @param exponentials e, N×R×C
 * @param sums of e, N×R×1
 */
record Softmax(Tensor logits, Tensor greatest, Tensor exponentials, Tensor sums) {
    /** All tensors belong to the caller's scope, in which no gradient is recorded. */
    static Softmax of(Tensor logits) {
        Tensor greatest = logits.amax(new long[] {2}, true);
        Tensor exponentials = logits.sub(greatest).exp_();
        return new Softmax(logits, greatest, exponentials, exponentials.sum(new long[] {2}, true, null));
    }

    /**
     * The cross-entropy of each picture, N×R.
     *
     * @param labels N, int64
     */
    Tensor losses(Tensor labels) {
        Tensor right = logits.gather(2, places(labels));
        return sums.log().add_(greatest).sub_(right).squeeze(2);
    }

    /**
     * The gradient of the mean loss of each classifier with respect to its logits, (e/Σe − y)/N with the one-hot y; it takes the
     * memory of the exponentials.
     */
    Tensor gradient(Tensor labels) {
        Tensor gradient = exponentials.div_(sums);
        gradient.scatter_add_(2, places(labels), sums.zero_().sub_(new Scalar(1.0)));
        return gradient.div_(new Scalar((double) logits.size(0)));
    }

    private Tensor places(Tensor labels) {
        return labels.view(logits.size(0), 1, 1).expand(logits.size(0), logits.size(1), 1);
    }
}
