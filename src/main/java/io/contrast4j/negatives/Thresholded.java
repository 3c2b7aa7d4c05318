package io.contrast4j.negatives;

import java.util.Map;
import java.util.Optional;

/** A selector that takes the rows within a threshold, whose state and measure are its own. */
interface Thresholded extends NegativeSelector {
    /** The outer threshold. */
    Threshold outer();

    @Override
    default Optional<Measure> follows() {
        return outer().follows();
    }

    @Override
    default void observe(double value) {
        outer().observe(value);
    }

    @Override
    default Map<String, Object> state() {
        return outer().state();
    }

    @Override
    default void restore(Map<String, ?> state, String source) {
        outer().restore(state, source);
    }
}
