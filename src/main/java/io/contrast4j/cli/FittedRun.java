package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.Views;
import io.contrast4j.fit.Machine;
import io.contrast4j.fit.Pictures;
import io.contrast4j.fit.Plan;
import io.contrast4j.spec.UserError;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.bytedeco.pytorch.Device;

/**
 * A run whose steps were measured here, with batches that fit the memory and epochs that fit the time.
 *
 * @param plan what is trained
 * @param estimate how long it takes
 * @param memory bytes of the process or, on a GPU, of its tensors
 * @param measured pictures of the largest step that was measured; where it is less than a batch, the rest is extrapolated
 */
record FittedRun(Plan plan, Estimate estimate, long memory, int measured) {
    /** Without --hours. */
    private static final double NIGHT = 12;

    private static final double WEEK = 168;
    private static final int LEAST_EPOCHS = 10;

    private static final int FIRST = 4;
    private static final double LONGEST_STEP = 15;
    private static final double READING = 2;

    /** Of the memory that is available; the rest is for the evaluation and for others. */
    private static final double SHARE = 0.7;

    /**
     * What it is fitted to.
     *
     * @param train pictures that can be read now
     * @param hours that the training may take at most; empty for a night on a CPU and a week on a GPU
     */
    record Frame(Pictures pictures, Dataset train, Machine machine, Device device, OptionalDouble hours) {}

    /**
     * Measures.
     *
     * @param chosen by the rules
     * @param text the configuration of a plan
     * @throws UserError if not one epoch fits the time that was asked for
     */
    static FittedRun of(Plan chosen, Function<Plan, String> text, Frame frame) {
        RunConfig config = bound(text.apply(chosen));
        double reading = ReadingTime.perPicture(config, frame.train, frame.device, READING);
        FittedRun fitted = steps(chosen, config, reading, frame);
        return fitted.withEpochs(frame);
    }

    static RunConfig bound(String text) {
        return ConfigFile.parse(text, "the chosen run").bindWithoutFiles(RunConfig.class);
    }

    private static FittedRun steps(Plan chosen, RunConfig config, double reading, Frame frame) {
        int classes = Math.max(1, frame.pictures.classes());
        try (StepTime time = new StepTime(config, frame.device, frame.pictures.count(), classes)) {
            int few = Math.min(FIRST, chosen.batch() / 2);
            StepTime.Measured small = time.measure(few);
            StepTime.Measured twice = time.measure(2 * few);
            double bytesPerPicture = Math.max(0, (double) (twice.memory() - small.memory()) / few)
                    + loaded(config, config.views().random(), frame);
            Plan plan = chosen;
            while (plan.batch() > 2 * few
                    && memory(twice, plan.batch(), bytesPerPicture) > SHARE * frame.machine.memory()) {
                plan = plan.withBatch(plan.batch() / 2);
            }
            StepTime.Measured last = twice;
            while (last.pictures() < plan.batch() && twice.secondsPerPicture() * plan.batch() < LONGEST_STEP) {
                try {
                    last = time.measure(plan.batch());
                } catch (RuntimeException failed) {
                    if (!String.valueOf(failed.getMessage()).contains("out of memory")) {
                        throw failed;
                    }
                    plan = plan.withBatch(plan.batch() / 2);
                }
            }
            int evaluated = config.eval().batchSize();
            time.evaluate(evaluated);
            double evaluating = time.measure(few).memory() + evaluated * loaded(config, config.evaluatedViews(), frame);
            double training = memory(last, plan.batch(), bytesPerPicture)
                    + Math.min(last.pictures(), plan.batch())
                            * loaded(config, config.views().random(), frame);
            return new FittedRun(
                    plan,
                    Estimate.of(last, reading, frame.device.is_cuda()),
                    Math.round(Math.max(training, evaluating)),
                    Math.min(last.pictures(), plan.batch()));
        }
    }

    /** Bytes of a step of so many pictures: those of a smaller one, and more for each picture. */
    private static double memory(StepTime.Measured step, int batch, double bytesPerPicture) {
        return step.memory() + Math.max(0, batch - step.pictures()) * bytesPerPicture;
    }

    /** Bytes of a picture's views in all batches that are loaded ahead and the one in use; a GPU has at most the next one. */
    private static double loaded(RunConfig config, Views views, Frame frame) {
        BatchLoader.Config loader = config.loader();
        int batches = frame.device.is_cuda() ? (loader.devicePrefetch() ? 1 : 0) : loader.prefetch() + 1;
        double bytes = 0;
        for (int view = 0; view < views.names().size(); view++) {
            bytes += (double) views.channels(view) * views.size(view) * views.size(view) * Float.BYTES;
        }
        return bytes * batches;
    }

    private FittedRun withEpochs(Frame frame) {
        double each = estimate.hours(frame.pictures.count(), 1);
        int fit = (int) Math.min(plan.epochs(), frame.hours.orElse(frame.machine.hasGpu() ? WEEK : NIGHT) / each);
        if (frame.hours.isPresent() && fit < 1) {
            throw new UserError(
                    UserError.USAGE,
                    String.format(
                            Locale.ROOT,
                            "--hours %s is too little: a pass over the %d pictures takes %.2g hours here; give more.",
                            frame.hours.getAsDouble(),
                            frame.pictures.count(),
                            each));
        }
        int least = Math.min(plan.epochs(), frame.hours.isPresent() ? 1 : LEAST_EPOCHS);
        return new FittedRun(plan.withEpochs(Math.max(least, fit)), estimate, memory, measured);
    }

    double hours(int pictures) {
        return estimate.hours(pictures, plan.epochs());
    }
}
