package io.contrast4j.negatives;

import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * The anchor's own row as the positive, and K rows drawn uniformly with replacement as negatives (Wu et al., 2018; CMC).
 * As in the sources a draw that hits the anchor's own row is not rejected.
 */
public final class UniformSample implements NegativeSelector {
    private final int count;

    /**
     * @param count number K of negatives, at least 1
     * @param bank how the memory bank follows the features
     */
    @TypeName("memory-bank")
    public record Config(int count, MemoryBank.Config bank) implements NegativeSelector.Config {
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
        Tensor keys = store.keys();
        Tensor features = anchor.features();
        long rows = features.size(0);
        Tensor own = Tensors.to(anchor.indices(), keys.device());
        Tensor others = Tensors.to(at.draws().items(rows, count, keys.size(0)), keys.device());

        Tensor positive = keys.index_select(0, own).mul(features).sum(new long[] {1}, true, null);
        Tensor drawn = keys.index_select(0, others.reshape(-1)).view(rows, count, keys.size(1));
        Tensor negatives = drawn.bmm(features.unsqueeze(2)).squeeze(2);
        return new Scores(anchor.pair(), positive, negatives, keys.size(0));
    }
}
