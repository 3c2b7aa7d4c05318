package io.contrast4j.negatives;

import io.contrast4j.objective.Scores;

/** Picks an anchor's positive and negatives from a store, and scores them. */
public interface NegativeSelector {
    Scores select(Anchor anchor, NegativeStore store, StepContext at);

    /** Which selector over which store; picked by the key {@code type}. */
    sealed interface Config permits UniformSample.Config {
        /** How the store follows the features. */
        MemoryBank.Config bank();

        NegativeSelector build();
    }
}
