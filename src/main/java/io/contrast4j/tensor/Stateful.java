package io.contrast4j.tensor;

import java.util.Map;

/**
 * Something whose state belongs in a checkpoint. The state is a tree of maps, lists, strings, booleans, {@code Long},
 * {@code Double}, null and tensors; its tensors are live handles in the caller's scope.
 */
public interface Stateful {
    /**
     * Brings together what several processes have parts of, so that the first of them has the whole {@link #state}. All of them
     * call it at the same time, before the first asks for the state, and after any change anew; in one process there is nothing
     * to do.
     */
    default void assemble() {}

    /** What has to be written for {@link #restore} to continue exactly. */
    Map<String, Object> state();

    /**
     * Takes over a state that {@link #state()} returned, perhaps in another process.
     *
     * @param source the file it is from, for messages
     * @throws io.contrast4j.spec.UserError if it is of something else
     */
    void restore(Map<String, ?> state, String source);
}
