package io.contrast4j.cli;

import io.contrast4j.train.Observer;
import io.contrast4j.train.Stage;
import io.contrast4j.train.StageTimes;
import io.contrast4j.train.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Measures what it costs to watch a training: every second step is logged, with monitors, logs, meters and TensorBoard, and
 * what it takes longer than the step before it is what they cost. Waiting for data and checkpoints are left out.
 * Afterwards a checkpoint is written behind every second block of steps, and what that takes longer than the block after it,
 * waiting for data included, is what writing costs.
 *
 * <p>Neighbours share whatever else the machine does, where whole blocks of steps with and without logs differ by several per
 * cent even when both are without.
 */
final class StepBench {
    /** For the trainer that is measured. */
    static final int LOG_EVERY = 2;

    /** Steps that a checkpoint is written behind, as long as that usually takes. */
    static final int BLOCK = 4;

    private static final int CHECKPOINTS = 5;
    private static final int LEAST_PAIRS = 3;

    /** Neither the first steps nor the first logs take as long as later ones. */
    private static final int WARM_UP = 20;

    private final Trainer trainer;
    private final int logEvery;
    private final Observer log;
    private final Runnable checkpoint;
    private final Runnable written;

    /**
     * @param trainer one that logs {@linkplain #LOG_EVERY every second step}
     * @param logEvery steps between two logs as they are configured
     * @param log what a run tells of itself
     * @param checkpoint begins to save one, as training does
     * @param written waits until it is on the disk
     */
    StepBench(Trainer trainer, int logEvery, Observer log, Runnable checkpoint, Runnable written) {
        this.trainer = trainer;
        this.logEvery = logEvery;
        this.log = log;
        this.checkpoint = checkpoint;
        this.written = written;
    }

    /**
     * @param bareMillis a step that nobody watches, median
     * @param plainMillis what every step costs to watch, logged or not, median: meters and progress
     * @param loggedMillis for each pair what the logged step took longer; sorted
     * @param logEvery steps between two logs as they are configured
     * @param checkpointMillis what training waits for a checkpoint, median
     * @param writtenMillis for each pair what the {@value #BLOCK} steps took longer behind which one was written; sorted
     */
    record Result(
            double bareMillis,
            double plainMillis,
            List<Double> loggedMillis,
            int logEvery,
            double checkpointMillis,
            List<Double> writtenMillis) {
        Result {
            loggedMillis = List.copyOf(loggedMillis);
            writtenMillis = List.copyOf(writtenMillis);
        }

        /** What a log costs: a share of the pairs cost less. */
        double logged(double share) {
            return at(loggedMillis, share);
        }

        /** What writing costs: a share of the pairs cost less. */
        double written(double share) {
            return at(writtenMillis, share);
        }

        private static double at(List<Double> sorted, double share) {
            return sorted.get((int) Math.min(sorted.size() - 1, Math.floor(share * sorted.size())));
        }

        /** What watching costs as a share of a bare step, with as many logs as configured. */
        double overhead() {
            return (plainMillis + logged(0.5) / logEvery) / bareMillis;
        }
    }

    /** Measures for so many seconds. */
    Result measure(double seconds) {
        long warm = trainer.steps() + WARM_UP;
        trainer.run(log, new Uneventful(), () -> trainer.steps() >= warm);
        List<StageTimes> times = new ArrayList<>();
        long end = System.nanoTime() + Math.round(seconds * 1e9);
        // Between two such questions is one step with all that belongs to it.
        trainer.run(log, new Uneventful(), () -> {
            times.add(trainer.clock().times());
            return times.size() > 2 && times.size() % LOG_EVERY == 1 && System.nanoTime() > end;
        });
        List<Double> bare = new ArrayList<>();
        List<Double> plain = new ArrayList<>();
        List<Double> logged = new ArrayList<>();
        for (int i = LOG_EVERY; i < times.size(); i += LOG_EVERY) {
            StageTimes before = times.get(i - 1).since(times.get(i - 2));
            StageTimes with = times.get(i).since(times.get(i - 1));
            plain.add(1e3 * before.seconds(Stage.LOGGING));
            bare.add(millis(before) - 1e3 * before.seconds(Stage.LOGGING));
            logged.add(millis(with) - millis(before));
        }
        Collections.sort(logged);
        return new Result(
                median(bare), median(plain), logged, logEvery, 1e3 * checkpointSeconds(), written(seconds / 2));
    }

    /** Pairs of blocks, with a checkpoint behind the first and without; waiting for the copy of the state is not in them. */
    private List<Double> written(double seconds) {
        List<Double> millis = new ArrayList<>();
        long end = System.nanoTime() + Math.round(seconds * 1e9);
        // Asked before each step; the first ones, after a pause, are in no block.
        BooleanSupplier blocks = new BooleanSupplier() {
            private int steps = -BLOCK;
            private long begun;
            private double behind;

            @Override
            public boolean getAsBoolean() {
                if (steps++ % BLOCK != 0 || steps <= 0) {
                    return false;
                }
                long now = System.nanoTime();
                boolean isWritingNext = (steps / BLOCK) % 2 == 0;
                if (steps > BLOCK && isWritingNext) {
                    millis.add(behind - (now - begun) / 1e6);
                } else {
                    behind = (now - begun) / 1e6;
                }
                boolean isOver = isWritingNext && now > end && millis.size() >= LEAST_PAIRS;
                // What was written behind the block before has its end before the next begins.
                written.run();
                if (isWritingNext && !isOver) {
                    checkpoint.run();
                }
                begun = System.nanoTime();
                return isOver;
            }
        };
        trainer.run(log, new Uneventful(), blocks);
        Collections.sort(millis);
        return millis;
    }

    private static double millis(StageTimes times) {
        return 1e3 * (times.seconds() - times.seconds(Stage.DATA_WAIT) - times.seconds(Stage.CHECKPOINT));
    }

    private double checkpointSeconds() {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < CHECKPOINTS; i++) {
            long start = System.nanoTime();
            checkpoint.run();
            times.add((System.nanoTime() - start) / 1e9);
            written.run();
        }
        return median(times);
    }

    private static double median(List<Double> values) {
        return BenchReport.median(values.stream().mapToDouble(value -> value).toArray());
    }

    /** Nothing happens besides steps. */
    static final class Uneventful implements Trainer.Events {
        @Override
        public void checkpoint() {}

        @Override
        public Path inspection() {
            return Path.of("nowhere, as this was a measurement");
        }

        @Override
        public Map<String, Double> validation(int epochs) {
            return Map.of();
        }
    }
}
