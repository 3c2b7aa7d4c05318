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

/**
 * Measures what it costs to watch a training: blocks of steps with monitors, logs, meters and TensorBoard, in turns with blocks
 * of bare ones, of the same networks in one process. Waiting for data is left out; who of a pair comes first alternates.
 */
final class StepBench implements AutoCloseable {
    private static final int STEPS = 20;
    private static final int CHECKPOINTS = 5;

    private final Trainer watched;
    private final Trainer bare;
    private final Observer log;
    private final Runnable checkpoint;
    private final Runnable written;

    /**
     * @param watched a trainer as it is configured
     * @param bare one of the same networks that logs nothing; closed with this
     * @param log what a run tells of itself
     * @param checkpoint begins to save one, as training does
     * @param written waits until it is on the disk
     */
    StepBench(Trainer watched, Trainer bare, Observer log, Runnable checkpoint, Runnable written) {
        this.watched = watched;
        this.bare = bare;
        this.log = log;
        this.checkpoint = checkpoint;
        this.written = written;
    }

    /**
     * @param bareMillis a step that nobody watches, median
     * @param watchedMillis a step with everything that is on, median
     * @param overheads for each pair of blocks what watching adds, as a share of the bare time; sorted
     * @param loggingMillis what the trainer itself counted as monitors and logs in a watched step
     * @param checkpointMillis what training waits for a checkpoint, median
     */
    record Result(
            double bareMillis,
            double watchedMillis,
            List<Double> overheads,
            double loggingMillis,
            double checkpointMillis) {
        Result {
            overheads = List.copyOf(overheads);
        }

        /** The overhead below which a share of the pairs is. */
        double quantile(double share) {
            return overheads.get((int) Math.min(overheads.size() - 1, Math.floor(share * overheads.size())));
        }
    }

    /** Measures for so many seconds. */
    Result measure(double seconds) {
        Observer silent = new Silent();
        block(bare, silent);
        block(watched, log);
        StageTimes warm = watched.clock().times();
        long stepsBefore = watched.steps();
        List<Double> bareTimes = new ArrayList<>();
        List<Double> watchedTimes = new ArrayList<>();
        List<Double> overheads = new ArrayList<>();
        long end = System.nanoTime() + Math.round(seconds * 1e9);
        while (System.nanoTime() < end || overheads.isEmpty()) {
            boolean isBareFirst = overheads.size() % 2 == 0;
            double first = isBareFirst ? block(bare, silent) : block(watched, log);
            double second = isBareFirst ? block(watched, log) : block(bare, silent);
            bareTimes.add(isBareFirst ? first : second);
            watchedTimes.add(isBareFirst ? second : first);
            overheads.add(watchedTimes.get(watchedTimes.size() - 1) / bareTimes.get(bareTimes.size() - 1) - 1);
        }
        Collections.sort(overheads);
        double logging = watched.clock().times().since(warm).seconds(Stage.LOGGING);
        return new Result(
                1e3 * median(bareTimes),
                1e3 * median(watchedTimes),
                overheads,
                1e3 * logging / (watched.steps() - stepsBefore),
                1e3 * checkpointSeconds());
    }

    /** Seconds a step, without waiting for data and without checkpoints. */
    private static double block(Trainer trainer, Observer observer) {
        long last = trainer.steps() + STEPS;
        StageTimes before = trainer.clock().times();
        trainer.run(observer, new Uneventful(), () -> trainer.steps() >= last);
        StageTimes passed = trainer.clock().times().since(before);
        return (passed.seconds() - passed.seconds(Stage.DATA_WAIT) - passed.seconds(Stage.CHECKPOINT)) / STEPS;
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

    @Override
    public void close() {
        bare.close();
    }

    /** Nobody looks. */
    private static final class Silent implements Observer {
        @Override
        public void begin(int epoch, int epochs, int firstBatch, int batches) {}

        @Override
        public void step(Step step) {}

        @Override
        public void end(Epoch epoch) {}
    }

    /** Nothing happens besides steps. */
    private static final class Uneventful implements Trainer.Events {
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
