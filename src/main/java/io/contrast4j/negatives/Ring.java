package io.contrast4j.negatives;

import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Negatives that are similar to the anchor, but not the most similar ones, which are probably of its class (Wu et al.,
 * "Conditional Negative Sampling for Contrastive Learning of Visual Representations", 2021).
 *
 * <p>Of the N rows in descending order of similarity, those of the ranks n_l … n_u−1 are the candidates: n_u = ⌊w_u·N⌋,
 * n_l = ⌊w_l·n_u⌋ or ⌊w_l·N⌋. K draws from them, or all of them, are the negatives. The rows of the ranks 0 … n_l−1 may
 * be taken for further positives.
 */
public final class Ring implements Thresholded {
    private final Config config;
    private final Threshold outer;

    /**
     * @param outer w_u
     * @param inner w_l, 0 to 1
     * @param innerMode of what it is a share
     * @param count number K of negatives, drawn with replacement; empty for all candidates
     * @param subset rows that are looked at, drawn for each step; empty for all
     * @param neighbours how the rows within the inner threshold join the positive; empty if they do not
     * @param denominator whether the positive competes with itself
     * @param excludeOwn whether the anchor's own row is left out, N being one less
     */
    @TypeName("ring")
    public record Config(
            Threshold.Config outer,
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
        public Ring build() {
            return new Ring(this);
        }

        @Override
        public Set<Scores.Trait> traits() {
            return Vicinity.traits(neighbours);
        }

        @Override
        public void check(NegativeStore.Config store, int anchors, Problems problems) {
            Vicinity.checkOwn(excludeOwn, store, problems);
            Vicinity.checkWindow(window(), view(), store, problems);
        }

        @Override
        public void requireRows(long rows) {
            window().require(view().size(rows));
        }

        @Override
        public double epochs() {
            return outer.epochs();
        }

        private Vicinity.View view() {
            return new Vicinity.View(subset, excludeOwn);
        }

        private Vicinity.Window window() {
            return new Vicinity.Window(outer.least(), inner, innerMode);
        }
    }

    public Ring(Config config) {
        this.config = config;
        this.outer = config.outer().build();
    }

    @Override
    public Scores select(Anchor anchor, NegativeStore store, StepContext at) {
        Vicinity vicinity = Vicinity.of(config.view(), anchor, store, at);
        Vicinity.Window window = new Vicinity.Window(outer.at(at), config.inner(), config.innerMode());
        long to = window.to(vicinity.size());
        long from = window.from(vicinity.size());
        Tensor negatives = vicinity.negatives(from, to, config.count(), config.denominator(), at);
        Optional<Scores.Neighbours> neighbours = config.neighbours()
                .map(combination -> new Scores.Neighbours(vicinity.similarities(0, from), combination));
        return Vicinity.scores(anchor, store, negatives, config.denominator(), neighbours);
    }

    @Override
    public Threshold outer() {
        return outer;
    }
}
