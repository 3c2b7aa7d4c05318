package io.contrast4j.negatives;

import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

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
        Tensor own = anchor.indices().unsqueeze(1);
        Tensor drawn = at.draws().items(rows, count, keys.size(0));
        Tensor items = Tensors.to(torch.cat(new TensorVector(own, drawn), 1), keys.device());

        Tensor chosen = keys.index_select(0, items.view(-1)).view(rows, 1 + count, keys.size(1));
        Tensor similarities = chosen.bmm(features.unsqueeze(2)).squeeze(2);
        Tensor positive = similarities.narrow(1, 0, 1);
        Tensor negatives = similarities.narrow(1, 1, count);
        return new Scores(anchor.pair(), positive, negatives, keys.size(0));
    }
}
