package io.contrast4j.negatives;

import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Stateful;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Picks an anchor's positive and negatives from a store, and scores them. */
public interface NegativeSelector extends Stateful {
    Scores select(Anchor anchor, NegativeStore store, StepContext at);

    /** The measure that this selector follows and wants to {@link #observe}; empty for most. */
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

    /** Which selector; picked by the key {@code type}. */
    sealed interface Config permits UniformSample.Config, AllRows.Config, Ball.Config, Ring.Config, InBatchOnly {
        NegativeSelector build();

        /** What its scores are, that not every objective can take. */
        default Set<Scores.Trait> traits() {
            return Set.of();
        }

        /**
         * Notes what of this selector the store cannot give, under the key {@code negatives}.
         *
         * @param anchors pictures whose negatives are picked at a time: a batch, or the part of it that has a loss of its own
         */
        default void check(NegativeStore.Config store, int anchors, Problems problems) {}

        /**
         * Demands that there are rows to pick, once the size of the data set is known: without any, a loss of 0 would look
         * like success.
         *
         * @param rows of the store
         * @throws UserError if there are none
         */
        default void requireRows(long rows) {}

        /** Passes over the data in which a threshold falls; 0 for most. */
        default double epochs() {
            return 0;
        }
    }

    /** Nothing is picked from a store: the method contrasts the features of a batch with each other. */
    @TypeName("in-batch")
    record InBatchOnly() implements Config {
        @Override
        public NegativeSelector build() {
            throw new IllegalStateException("there is no selector to build");
        }
    }
}
