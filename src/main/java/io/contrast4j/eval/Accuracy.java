package io.contrast4j.eval;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** How often the right class is among the best. */
public final class Accuracy {
    private Accuracy() {}

    /**
     * Percentage of rows whose target is among the k largest scores.
     *
     * @param scores N×C
     * @param targets N, int64
     * @param k at most C counts as C
     */
    public static double top(Tensor scores, Tensor targets, int k) {
        try (Scope scope = Scope.open()) {
            long best = Math.min(k, scores.size(1));
            Tensor chosen = scores.topk(best, 1, true, true).get1();
            Tensor hits = chosen.eq(targets.unsqueeze(1)).sum();
            return 100 * Tensors.scalar(hits) / scores.size(0);
        }
    }

    /**
     * How many classes come before the right one: those with a larger score and, of those with an equal one, those with a lower
     * number.
     *
     * @param scores N×C
     * @param targets N, int64
     * @return N, int64; it belongs to the caller's scope
     */
    static Tensor places(Tensor scores, Tensor targets) {
        Tensor right = targets.unsqueeze(1);
        Tensor own = scores.gather(1, right);
        Tensor numbers = Tensors.to(torch.arange(Tensors.scalar(scores.size(1))).to(ScalarType.Long), scores.device());
        Tensor equalBefore = scores.eq(own).logical_and(numbers.lt(right));
        return scores.gt(own).logical_or(equalBefore).sum(new long[] {1}, false, null);
    }
}
