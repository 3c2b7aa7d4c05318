package io.contrast4j.negatives;

import io.contrast4j.objective.Scores;

/** Picks an anchor's positive and negatives from a store, and scores them. */
public interface NegativeSelector {
    Scores select(Anchor anchor, NegativeStore store, StepContext at);

    /** Which selector; picked by the key {@code type}. */
    sealed interface Config permits UniformSample.Config {
        NegativeSelector build();
    }
}
