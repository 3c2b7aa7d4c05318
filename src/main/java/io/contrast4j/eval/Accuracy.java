package io.contrast4j.eval;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

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
}
