package io.contrast4j.objective;

import org.bytedeco.pytorch.Tensor;

/**
 * Similarities of one set of anchors with their contrast set, for one directed pair of views: inner products of unit
 * vectors, not yet divided by a temperature.
 *
 * @param pair name of the anchors' view, which keys what an objective keeps for each pair, such as NCE's constant
 * @param positive N×1, each anchor with its own positive
 * @param negatives N×K, each anchor with its negatives; the positive may occur among them
 * @param population number n of items that the negatives were drawn from
 */
public record Scores(String pair, Tensor positive, Tensor negatives, long population) {
    /** Number K of negatives of each anchor. */
    public long count() {
        return negatives.size(1);
    }
}
