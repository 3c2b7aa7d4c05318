package io.contrast4j.negatives;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Stateful;
import java.util.Map;
import java.util.Optional;

/**
 * How much of a store, counted from the most similar row, is taken for an anchor's negatives: a share w, 0 to 1, that may
 * fall while the features get better (Wu et al., "Conditional Negative Sampling for Contrastive Learning of Visual
 * Representations", 2021).
 */
public interface Threshold extends Stateful {
    /** The share for a step. */
    double at(StepContext at);

    /** The measure it follows; empty for one that depends on the step alone. */
    default Optional<Measure> follows() {
        return Optional.empty();
    }

    /** Tells the measure that it follows: a loss after each step, an accuracy after each validation. */
    default void observe(double value) {}

    @Override
    default Map<String, Object> state() {
        return Map.of();
    }

    @Override
    default void restore(Map<String, ?> state, String source) {}

    /** Which threshold; picked by the key {@code type}. */
    sealed interface Config {
        Threshold build();

        /** The smallest share it ever gives. */
        double least();

        /** Passes over the data until it has fallen to its end; 0 if it does not depend on the step. */
        default double epochs() {
            return 0;
        }
    }

    /** The same share always. */
    @TypeName("constant")
    record Constant(double share) implements Config {
        public Constant {
            new Problems().between("share", share, 0, 1).raise();
        }

        @Override
        public Threshold build() {
            return at -> share;
        }

        @Override
        public double least() {
            return share;
        }
    }

    /**
     * Falls evenly from step to step.
     *
     * @param from share of the first step
     * @param to share at the end, and from then on
     * @param epochs passes over the data until then
     */
    @TypeName("linear")
    record Linear(double from, double to, double epochs) implements Config {
        public Linear {
            Annealing.limits(from, to, epochs).raise();
        }

        @Override
        public Threshold build() {
            return new Annealing(to, epochs, (j, length) -> Annealing.even(from, to, j, length));
        }

        @Override
        public double least() {
            return to;
        }
    }

    /**
     * Falls in steps of one size, each held equally long.
     *
     * @param from share of the first step; a bit more, at most 1, where the sizes do not fit
     * @param to share at the end, and from then on
     * @param size of a step, above 0
     * @param epochs passes over the data until the end
     */
    @TypeName("step")
    record Steps(double from, double to, double size, double epochs) implements Config {
        public Steps {
            Annealing.limits(from, to, epochs).above("size", size, 0).raise();
        }

        @Override
        public Threshold build() {
            return new Annealing(to, epochs, (j, length) -> Annealing.level(from, to, size, j, length));
        }

        @Override
        public double least() {
            return to;
        }
    }

    /**
     * Falls exponentially, w = to + (from − to)·exp(−rate·step).
     *
     * @param from share of the first step
     * @param to share that it falls to, and that it has after the epochs
     * @param rate by step, above 0. With the published 0.1 it is over after some 50 steps, whatever the epochs are
     * @param epochs passes over the data until the end
     */
    @TypeName("exponential")
    record Exponential(double from, double to, double rate, double epochs) implements Config {
        public Exponential {
            Annealing.limits(from, to, epochs).above("rate", rate, 0).raise();
        }

        @Override
        public Threshold build() {
            return new Annealing(to, epochs, (j, length) -> to + (from - to) * Math.exp(-rate * j));
        }

        @Override
        public double least() {
            return to;
        }
    }

    /**
     * Falls when training goes better than of late, and rises when it goes worse.
     *
     * @param from share at the start, and the largest
     * @param to smallest share
     * @param measure loss or accuracy
     * @param delta how much it changes at a time
     * @param window number of earlier values that the newest is compared with the mean of
     */
    @TypeName("adaptive")
    record Adaptive(double from, double to, Measure measure, double delta, int window) implements Config {
        public Adaptive {
            Annealing.limits(from, to, 0)
                    .above("delta", delta, 0)
                    .atLeast("window", window, 1)
                    .raise();
        }

        @Override
        public Threshold build() {
            return new AdaptiveThreshold(this);
        }

        @Override
        public double least() {
            return to;
        }
    }
}
