package io.contrast4j.negatives;

import io.contrast4j.objective.Scores;
import io.contrast4j.spec.TypeName;
import org.bytedeco.pytorch.Tensor;

/**
 * Every row of the store as a negative, in the order of the store, as in MoCo (He et al., 2020).
 *
 * <p>Where the positive is the anchor's own row of the store it is one of these rows already, and is not counted twice:
 * with InfoNCE this is the exact softmax over all items, which instance discrimination approximates.
 */
public final class AllRows implements NegativeSelector {
    /** It has no settings. */
    @TypeName("all")
    public record Config() implements NegativeSelector.Config {
        @Override
        public AllRows build() {
            return new AllRows();
        }
    }

    @Override
    public Scores select(Anchor anchor, NegativeStore store, StepContext at) {
        Tensor features = anchor.features();
        Tensor negatives = store.rows().products(features);
        Tensor own = anchor.positives().or(() -> store.rowsOf(anchor.indices())).orElseThrow();
        Tensor positive = features.mul(own).sum(new long[] {1}, true, null);
        Scores scores = Scores.of(anchor.pair(), positive, negatives, store.population());
        return anchor.positives().isPresent() ? scores : scores.against(Scores.Denominator.NEGATIVES);
    }
}
