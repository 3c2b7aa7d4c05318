package io.contrast4j.eval;

import io.contrast4j.dist.Alone;
import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Ranks;
import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.OptionalLong;
import org.bytedeco.pytorch.Tensor;

/**
 * The weighted nearest-neighbour classifier of instance discrimination (Wu et al., 2018), to be asked while a run trains: with
 * cosine similarities s, the k most similar training features vote for their class with weight exp(s/τ). {@link NeighbourVote}
 * is the same with more to choose and to know.
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
        return accuracy(train, test, classes, new Alone());
    }

    /**
     * The same number, to the bit, with the work shared.
     *
     * @param ranks that have the same features; the blocks are dealt out to them
     */
    public double accuracy(Features train, Features test, int classes, Ranks ranks) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Tensor known = Tensors.unitRows(train.values());
            Tensor queries = Tensors.unitRows(test.values());
            int k = (int) Math.min(config.k(), known.size(0));
            double[] hits = new double[Math.toIntExact((queries.size(0) + BLOCK - 1) / BLOCK)];
            int size = ranks.world().size();
            for (int number = ranks.world().rank(); number < hits.length; number += size) {
                long start = number * BLOCK;
                try (Scope block = Scope.open()) {
                    long rows = Math.min(BLOCK, queries.size(0) - start);
                    NearestRows.Found nearest =
                            NearestRows.of(queries.narrow(0, start, rows), known, k, OptionalLong.empty());
                    Tensor votes = NeighbourVote.exponential(nearest.products(), config.temperature());
                    Tensor summed = NeighbourVote.summed(votes, nearest.rows(), train.labels(), classes);
                    hits[number] = Accuracy.top(summed, test.labels().narrow(0, start, rows), 1) * rows;
                }
            }
            double sum = 0;
            for (double some : Exchange.sum(ranks, hits)) {
                sum += some;
            }
            return sum / queries.size(0);
        }
    }
}
