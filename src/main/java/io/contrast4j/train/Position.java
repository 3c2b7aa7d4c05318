package io.contrast4j.train;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Stateful;
import java.util.LinkedHashMap;
import java.util.Map;

/** How far a training is, in steps, epochs and batches: it stands between two steps. */
final class Position implements Stateful {
    private final int batchesPerEpoch;
    private final int batchesPerStep;
    private int epoch;
    private int batch;
    private long step;

    /**
     * @param batchesPerEpoch of the training set
     * @param batchesPerStep of all steps but perhaps the last of an epoch
     */
    Position(int batchesPerEpoch, int batchesPerStep) {
        this.batchesPerEpoch = batchesPerEpoch;
        this.batchesPerStep = batchesPerStep;
    }

    /** Epochs that are complete. */
    int epoch() {
        return epoch;
    }

    /** Batches of the epoch that are done. */
    int batch() {
        return batch;
    }

    /** Steps done since the start of the training. */
    long step() {
        return step;
    }

    /** Steps of the epoch that are done. */
    int stepInEpoch() {
        return batch / batchesPerStep;
    }

    /** Steps of an epoch, the last of which may have fewer batches. */
    int stepsPerEpoch() {
        return (batchesPerEpoch - 1) / batchesPerStep + 1;
    }

    /** Batches of the step that comes next. */
    int batchesOfStep() {
        return Math.min(batchesPerStep, batchesPerEpoch - batch);
    }

    void endStep() {
        batch += batchesOfStep();
        step++;
    }

    void endEpoch() {
        epoch++;
        batch = 0;
    }

    /** What is said of a state that has no position, or is no state of a training at all. */
    static UserError missing(String source) {
        return new UserError(UserError.FAILED, source + " says no position in the training; it cannot be resumed.");
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("step", step);
        state.put("epoch", (long) epoch);
        state.put("batch", (long) batch);
        state.put("batches", (long) batchesPerEpoch);
        return state;
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        if (!(state.get("step") instanceof Number steps)
                || !(state.get("epoch") instanceof Number epochs)
                || !(state.get("batch") instanceof Number inEpoch)
                || !(state.get("batches") instanceof Number batches)) {
            throw missing(source);
        }
        if (inEpoch.intValue() > 0 && batches.intValue() != batchesPerEpoch) {
            throw new UserError(
                    UserError.USAGE,
                    source + " is from the middle of an epoch of " + batches + " batches, and there are now "
                            + batchesPerEpoch
                            + "; use the train.batch-size and the pictures that it was trained with.");
        }
        if (inEpoch.intValue() < batches.intValue() && inEpoch.intValue() % batchesPerStep != 0) {
            throw new UserError(
                    UserError.USAGE,
                    source + " is from an epoch after " + inEpoch + " batches, which are no whole number of steps of "
                            + batchesPerStep + "; use the train.accumulate that it was trained with.");
        }
        step = steps.longValue();
        epoch = epochs.intValue();
        batch = inEpoch.intValue();
    }
}
