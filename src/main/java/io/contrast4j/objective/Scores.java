package io.contrast4j.objective;

import io.contrast4j.spec.Problems;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Similarities of one set of N anchors with their contrast set, for one directed pair of views: inner products of unit
 * vectors, not yet divided by a temperature. On the unit sphere a squared distance is 2 − 2·similarity, so that nearly
 * every objective needs nothing else.
 *
 * @param pair names anchors and contrast set; it keys what an objective keeps for each pair, such as NCE's constant
 * @param weight factor of the pair's loss in the sum over pairs
 * @param positive N×P, each anchor with its positives
 * @param share N×P, at least 0: the weight of each positive in an anchor's mean, 0 for what is none; empty for all 1. An
 *     anchor whose weights are all 0 has no positives
 * @param neighbours what counts as positive besides, in the numerator only
 * @param negatives N×K, each anchor with its negatives; the positive may occur among them
 * @param kept N×K of booleans, the entries of {@code negatives} that count; empty for all
 * @param denominator what the positives compete with
 * @param within for each side of the pair, the similarities of its own features, N×N; for objectives that look at how
 *     the features of a batch are spread
 * @param population number n of items that the negatives were drawn from
 */
public record Scores(
        String pair,
        double weight,
        Tensor positive,
        Optional<Tensor> share,
        Optional<Neighbours> neighbours,
        Tensor negatives,
        Optional<Tensor> kept,
        Denominator denominator,
        List<Tensor> within,
        long population) {

    /** What the positives compete with. */
    public enum Denominator {
        /** The positives and the negatives. */
        ALL,
        /** The negatives only: the positives are among them, or are meant to be left out. */
        NEGATIVES
    }

    /**
     * The most similar entries of a store, which are taken for further positives (Wu et al., "Conditional Negative
     * Sampling for Contrastive Learning of Visual Representations", 2021).
     *
     * @param similarities N×I, none or more
     */
    public record Neighbours(Tensor similarities, Combination combination) {}

    /** How the logits of a positive and its neighbours become one. */
    public enum Combination {
        /** log Σ exp: the sum of the probabilities. */
        LOG_SUM_EXP,
        /** Their mean. */
        MEAN
    }

    public Scores {
        new Problems().atLeast("weight", weight, 0).raise();
        within = List.copyOf(within);
    }

    /** One positive for each anchor, N×1, against N×K negatives. */
    public static Scores of(String pair, Tensor positive, Tensor negatives, long population) {
        return new Scores(
                pair,
                1,
                positive,
                Optional.empty(),
                Optional.empty(),
                negatives,
                Optional.empty(),
                Denominator.ALL,
                List.of(),
                population);
    }

    /** The same with another factor in the sum over pairs. */
    public Scores times(double factor) {
        return new Scores(
                pair, weight * factor, positive, share, neighbours, negatives, kept, denominator, within, population);
    }

    /** The same with weights of the positives, N×P. */
    public Scores sharing(Tensor weights) {
        return new Scores(
                pair,
                weight,
                positive,
                Optional.of(weights),
                neighbours,
                negatives,
                kept,
                denominator,
                within,
                population);
    }

    /** The same with neighbours. */
    public Scores with(Neighbours more) {
        return new Scores(
                pair, weight, positive, share, Optional.of(more), negatives, kept, denominator, within, population);
    }

    /** The same with only some of the negatives, N×K of booleans. */
    public Scores keeping(Tensor mask) {
        return new Scores(
                pair,
                weight,
                positive,
                share,
                neighbours,
                negatives,
                Optional.of(mask),
                denominator,
                within,
                population);
    }

    /** The same with another denominator. */
    public Scores against(Denominator other) {
        return new Scores(pair, weight, positive, share, neighbours, negatives, kept, other, within, population);
    }

    /** The same with the similarities within each side, N×N. */
    public Scores within(List<Tensor> sides) {
        return new Scores(pair, weight, positive, share, neighbours, negatives, kept, denominator, sides, population);
    }

    /** Number K of negatives of each anchor. */
    public long count() {
        return negatives.size(1);
    }
}
