package io.contrast4j.cli;

import io.contrast4j.data.BatchLoader;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.train.Observer;
import java.util.Map;

/**
 * In place of a {@link RunLog} where another process writes down what happens: it only takes from a checkpoint which
 * pictures cannot be read.
 */
record RankLog(BatchLoader loader) implements Observer, Stateful {
    /** Name of the loader's part in the state of a log. */
    static final String LOADER = "loader";

    @Override
    public void begin(int epoch, int epochs, int done, int steps) {}

    @Override
    public void step(Step step) {}

    @Override
    public void end(Epoch epoch) {}

    @Override
    public Map<String, Object> state() {
        return Map.of(LOADER, loader.state());
    }

    @Override
    @SuppressWarnings("unchecked")
    public void restore(Map<String, ?> state, String source) {
        if (!(state.get(LOADER) instanceof Map<?, ?> loading)) {
            throw new UserError(UserError.FAILED, source + " has no log; it is not a checkpoint of a run.");
        }
        loader.restore((Map<String, ?>) loading, source);
    }
}
