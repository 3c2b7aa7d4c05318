package io.contrast4j.negatives;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;

/**
 * A threshold that falls along a curve in the first A = ⌊epochs · steps of an epoch⌋ steps and stays at its end
 * afterwards, also beyond the last step of the training.
 */
final class Annealing implements Threshold {
    private final double end;
    private final double epochs;
    private final Curve curve;

    /** The share of step j of A, 0 ≤ j &lt; A. */
    interface Curve {
        double at(long j, long length);
    }

    Annealing(double end, double epochs, Curve curve) {
        this.end = end;
        this.epochs = epochs;
        this.curve = curve;
    }

    static Problems limits(double from, double to, double epochs) {
        return new Problems()
                .between("from", from, 0, 1)
                .require(to >= 0 && to <= from, "to", to, "between 0 and the share it starts from, " + from)
                .atLeast("epochs", epochs, 0);
    }

    /** @throws UserError if the training is too short for the curve */
    @Override
    public double at(StepContext at) {
        long length = (long) (epochs * at.stepsPerEpoch());
        if (length > at.steps() + 1) {
            throw new UserError(
                    UserError.USAGE,
                    "negatives.outer.epochs = " + epochs + " takes " + length + " steps, and the training has only "
                            + at.steps() + "; anneal over fewer epochs.");
        }
        return at.step() < length ? Math.min(1, curve.at(at.step(), length)) : end;
    }

    /** Point j of an even grid of the given length from one number to another; of a grid of one point, the end. */
    static double even(double from, double to, long j, long length) {
        return j == length - 1 ? to : from + j * ((to - from) / (length - 1));
    }

    /** Level j of to, to + size, … below from + size, from the highest one down, each held equally long. */
    static double level(double from, double to, double size, long j, long length) {
        long levels = (long) Math.ceil((from + size - to) / size);
        long held = length / levels;
        long level = held == 0 ? levels : j / held;
        return level >= levels ? to : to + (levels - 1 - level) * size;
    }
}
