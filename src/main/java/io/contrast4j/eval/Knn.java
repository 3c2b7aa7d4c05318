package io.contrast4j.eval;

import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;

/**
 * The weighted nearest-neighbour classifier of instance discrimination (Wu et al., 2018): with cosine similarities s, the
 * k most similar training features vote for their class with weight exp(s/τ).
 */
public final class Knn {
    private static final long BLOCK = 1024;

    private final Config config;

    /**
     * @param k number of neighbours; all of them where there are fewer
     * @param temperature τ, above 0
     */
    public record Config(int k, double temperature) {
        public Config {
            new Problems()
                    .atLeast("k", k, 1)
                    .above("temperature", temperature, 0)
                    .raise();
        }
    }

    public Knn(Config config) {
        this.config = config;
    }

    /** Top-1 accuracy on the test features, in percent. The similarities are computed block by block. */
    public double accuracy(Features train, Features test, int classes) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Tensor known = Tensors.unitRows(train.values());
            Tensor queries = Tensors.unitRows(test.values());
            long k = Math.min(config.k(), known.size(0));
            double hits = 0;
            for (long start = 0; start < queries.size(0); start += BLOCK) {
                try (Scope block = Scope.open()) {
                    long rows = Math.min(BLOCK, queries.size(0) - start);
                    T_TensorTensor_T nearest =
                            queries.narrow(0, start, rows).mm(known.t()).topk(k, 1, true, true);
                    // Relative to the nearest, so that a low temperature does not overflow; the ranking is the same.
                    Tensor similarities = nearest.get0();
                    Tensor weights = similarities
                            .sub(similarities.narrow(1, 0, 1))
                            .div(new Scalar(config.temperature()))
                            .exp();
                    Tensor votes = train.labels()
                            .index_select(0, nearest.get1().reshape(-1))
                            .view(rows, k);
                    Tensor scores = Tensors.zeros(weights.scalar_type().intern(), rows, classes);
                    Tensor summed = Tensors.to(scores, weights.device()).scatter_add_(1, votes, weights);
                    hits += Accuracy.top(summed, test.labels().narrow(0, start, rows), 1) * rows;
                }
            }
            return hits / queries.size(0);
        }
    }
}
