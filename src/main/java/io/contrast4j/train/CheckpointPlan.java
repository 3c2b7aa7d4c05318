package io.contrast4j.train;

import io.contrast4j.spec.Problems;
import java.time.Duration;

/**
 * When a run is saved, and which of its checkpoints are kept. Each of the three rhythms works by itself; besides, a run is
 * saved when it is complete and when it is interrupted.
 *
 * @param everyEpochs epochs between two checkpoints; 0 for none by epochs
 * @param everySteps steps between two checkpoints, counted from the start of the run; 0 for none by steps
 * @param everyMinutes minutes after a checkpoint when the next one is made; may be a fraction; 0 for none by time
 * @param keepLast how many of the latest are kept
 * @param keepBest how many of the best ends of epochs are kept besides
 * @param bestMetric by what they are compared, see docs/runs.md
 */
public record CheckpointPlan(
        int everyEpochs, int everySteps, double everyMinutes, int keepLast, int keepBest, String bestMetric) {
    private static final double NANOS_IN_A_MINUTE = Duration.ofMinutes(1).toNanos();

    public CheckpointPlan {
        new Problems()
                .atLeast("everyEpochs", everyEpochs, 0)
                .atLeast("everySteps", everySteps, 0)
                .atLeast("everyMinutes", everyMinutes, 0)
                .atLeast("keepLast", keepLast, 1)
                .atLeast("keepBest", keepBest, 0)
                .require(!bestMetric.isBlank(), "bestMetric", '"' + bestMetric + '"', "the name of a metric, or auto")
                .raise();
    }

    /**
     * Whether a run is to be saved after a step.
     *
     * @param step the number of steps done
     * @param sinceLast nanoseconds since the last checkpoint, or since the run was started
     */
    boolean isDueAfterStep(long step, long sinceLast) {
        return (everySteps > 0 && step % everySteps == 0)
                || (everyMinutes > 0 && sinceLast >= everyMinutes * NANOS_IN_A_MINUTE);
    }

    /** @param epochs the number of epochs done */
    boolean isDueAfterEpoch(int epochs) {
        return everyEpochs > 0 && epochs % everyEpochs == 0;
    }
}
