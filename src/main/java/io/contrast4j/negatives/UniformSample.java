package io.contrast4j.negatives;

import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import org.bytedeco.pytorch.Tensor;

/**
 * K rows drawn uniformly with replacement as negatives (Wu et al., 2018; CMC). As in the sources a draw that hits the anchor's own row is not rejected.
 */
public final class UniformSample implements NegativeSelector {
    private final int count;

    /** @param count number K of negatives, at least 1 */
    @TypeName("uniform")
    public record Config(int count) implements NegativeSelector.Config {
        public Config {
            new Problems().atLeast("count", count, 1).raise();
        }

        @Override
        public UniformSample build() {
            return new UniformSample(count);
        }
    }

    /** @param count number K of negatives for each anchor */
    public UniformSample(int count) {
        this.count = count;
    }

    @Override
    public Scores select(Anchor anchor, NegativeStore store, StepContext at) {
        Rows stored = store.rows();
        Tensor features = anchor.features();
        long rows = features.size(0);
        Tensor own = anchor.positives().or(() -> store.rowsOf(anchor.indices())).orElseThrow();
        Tensor negatives = stored.products(features, at.draws().items(rows, count, stored.count()));
        Tensor positive = features.mul(own).sum(new long[] {1}, true, null);
        return Scores.of(anchor.pair(), positive, negatives, store.population());
    }
}
