package io.contrast4j.negatives;

import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Negatives that are similar to the anchor (Wu et al., "Conditional Negative Sampling for Contrastive Learning of Visual
 * Representations", 2021): of the N rows in descending order of similarity the first n_u = ⌊w_u·N⌋ are the candidates. K
 * draws from them, or all of them, are the negatives.
 *
 * <p>Some of the rows may be taken for further positives: with a dynamic inner threshold w_l the ⌊w_l·c⌋ largest of the
 * c terms of the denominator, positive and repeated draws included; with a fixed one the rows of the ranks 0 … ⌊w_l·N⌋−1.
 */
public final class Ball implements Thresholded {
    private final Config config;
    private final Threshold outer;

    /** Of what the outer threshold is a share. */
    public enum ShareOf {
        /** Of the rows of the store. */
        STORE,
        /**
         * Of the size of the batch, or of a shard that has a loss of its own, as in the published loss for memory banks, by
         * mistake.
         */
        BATCH
    }

    /**
     * @param outer w_u
     * @param shareOf of what it is a share
     * @param inner w_l, 0 to 1; it matters to the neighbours only
     * @param innerMode of what it is a share
     * @param count number K of negatives, drawn with replacement; empty for all candidates
     * @param subset rows that are looked at, drawn for each step; empty for all
     * @param neighbours how further positives join the positive; empty if there are none
     * @param denominator whether the positive competes with itself
     * @param excludeOwn whether the anchor's own row is left out, N being one less
     */
    @TypeName("ball")
    public record Config(
            Threshold.Config outer,
            ShareOf shareOf,
            double inner,
            InnerMode innerMode,
            Optional<Integer> count,
            Optional<Integer> subset,
            Optional<Scores.Combination> neighbours,
            Scores.Denominator denominator,
            boolean excludeOwn)
            implements NegativeSelector.Config {
        public Config {
            Vicinity.check(outer, inner, innerMode, count, subset);
        }

        @Override
        public Ball build() {
            return new Ball(this);
        }

        @Override
        public Set<Scores.Trait> traits() {
            return Vicinity.traits(neighbours);
        }

        @Override
        public void check(NegativeStore.Config store, int anchors, Problems problems) {
            Vicinity.checkOwn(excludeOwn, store, problems);
            if (shareOf == ShareOf.STORE) {
                Vicinity.checkWindow(window(), view(), store, problems);
            } else {
                Vicinity.checkWindow(window(), anchors, "pictures that have a loss together", problems);
            }
        }

        @Override
        public void requireRows(long rows) {
            if (shareOf == ShareOf.STORE) {
                window().require(view().size(rows));
            }
        }

        @Override
        public double epochs() {
            return outer.epochs();
        }

        private Vicinity.View view() {
            return new Vicinity.View(subset, excludeOwn);
        }

        private Vicinity.Window window() {
            return new Vicinity.Window(outer.least(), 0, InnerMode.DYNAMIC);
        }
    }

    public Ball(Config config) {
        this.config = config;
        this.outer = config.outer().build();
    }

    @Override
    public Scores select(Anchor anchor, NegativeStore store, StepContext at) {
        Vicinity vicinity = Vicinity.of(config.view(), anchor, store, at);
        double threshold = outer.at(at);
        long to = config.shareOf() == ShareOf.STORE
                ? vicinity.share(threshold)
                : Math.min(vicinity.size(), (long) (threshold * anchor.together()));
        Tensor negatives = vicinity.negatives(0, to, config.count(), config.denominator(), at);
        Scores scores = Vicinity.scores(anchor, store, negatives, config.denominator(), Optional.empty());
        return config.neighbours()
                .map(combination -> scores.with(new Scores.Neighbours(
                        config.innerMode() == InnerMode.DYNAMIC
                                ? Vicinity.largest(scores, config.inner())
                                : vicinity.similarities(0, vicinity.share(config.inner())),
                        combination)))
                .orElse(scores);
    }

    @Override
    public Threshold outer() {
        return outer;
    }
}
