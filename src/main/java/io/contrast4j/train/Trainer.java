package io.contrast4j.train;

import io.contrast4j.data.Batch;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batches;
import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Gradients;
import io.contrast4j.dist.LostRank;
import io.contrast4j.dist.Ranks;
import io.contrast4j.method.Method;
import io.contrast4j.negatives.Measure;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.optim.Schedule;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.OutOfMemory;
import io.contrast4j.tensor.Precision;
import io.contrast4j.tensor.Stateful;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Module;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The training loop: epochs of {@linkplain TrainStep steps}, validation, checkpoints, and the end, whichever it is.
 * Everything it depends on is counted from (seed, epoch, step), its {@link Position}, so that a run that was stopped
 * anywhere goes on to the same bits.
 */
public final class Trainer implements Stateful, AutoCloseable {
    /** The accuracy of nearest neighbours among those of a {@linkplain Events#validation validation}. */
    public static final String KNN = "knn";

    private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

    private final Config config;
    private final CheckpointPlan checkpoints;
    private final Module module;
    private final Method method;
    private final Optimizer optimizer;
    private final BatchLoader loader;
    private final Device device;
    private final Ranks ranks;
    private final EpochMeter meter = new EpochMeter();
    private final StageClock clock;
    private final Position position;
    private final TrainStep step;
    private long lastSave;

    /**
     * @param epochs length of the training; 0 for none
     * @param batchSize samples in a batch
     * @param accumulate batches in a step
     * @param precision what networks compute in
     * @param logEvery steps between two logged losses
     * @param onNonfinite what happens when a loss is no number
     * @param monitors whether numbers that tell how features are learned are computed with every logged loss
     * @param shutdownGrace how long an interrupted run may take to save its state before it is ended without
     */
    public record Config(
            int epochs,
            int batchSize,
            int accumulate,
            Precision precision,
            int logEvery,
            OnNonfinite onNonfinite,
            boolean monitors,
            Duration shutdownGrace) {
        public Config {
            new Problems()
                    .atLeast("epochs", epochs, 0)
                    .atLeast("batchSize", batchSize, 1)
                    .atLeast("accumulate", accumulate, 1)
                    .require(
                            (long) batchSize * accumulate <= Integer.MAX_VALUE,
                            "accumulate",
                            accumulate,
                            "so small that a step has at most " + Integer.MAX_VALUE + " pictures")
                    .atLeast("logEvery", logEvery, 1)
                    .require(
                            shutdownGrace.toMillis() > 0,
                            "shutdownGrace",
                            shutdownGrace.toMillis() + "ms",
                            "longer than 0s")
                    .raise();
        }

        /** Samples in a step, which a learning rate is scaled to. */
        public int samplesPerStep() {
            return batchSize * accumulate;
        }
    }

    /** What happens when a loss is no number. */
    public enum OnNonfinite {
        /** The state is saved for inspection, and the run ends. */
        STOP,
        /** The step is left out: neither weights nor stores nor statistics change. */
        SKIP
    }

    /** What else happens at points of the training. */
    public interface Events {
        /** Makes a checkpoint that the run can be resumed from. */
        void checkpoint();

        /** Saves the state for a look at it, as something that no run resumes from, and says where. */
        Path inspection();

        /**
         * The accuracies in percent of the networks as they are, by name, {@link Trainer#KNN} among them; empty if none are
         * due. Networks may be left in evaluation mode.
         *
         * @param epochs that are complete
         * @throws CancellationException if the training is to stop; it is asked again when it goes on
         */
        Map<String, Double> validation(int epochs);
    }

    /**
     * @param checkpoints when the run is saved
     * @param module what is trained
     * @param loader batches of the training set, of the configured size
     * @param seed of the draws of negatives
     */
    public Trainer(
            Config config,
            CheckpointPlan checkpoints,
            Module module,
            Method method,
            Optimizer optimizer,
            Schedule schedule,
            BatchLoader loader,
            Device device,
            long seed) {
        this(config, checkpoints, module, method, optimizer, schedule, loader, device, seed, new Gradients.Local());
    }

    /**
     * One of several processes.
     *
     * @param method as it is {@linkplain io.contrast4j.method.Replicated in several processes}
     * @param loader of this rank's part of each batch
     * @param gradients of this rank; the caller closes them
     */
    public Trainer(
            Config config,
            CheckpointPlan checkpoints,
            Module module,
            Method method,
            Optimizer optimizer,
            Schedule schedule,
            BatchLoader loader,
            Device device,
            long seed,
            Gradients gradients) {
        this.config = config;
        this.checkpoints = checkpoints;
        this.module = module;
        this.method = method;
        this.optimizer = optimizer;
        this.loader = loader;
        this.device = device;
        this.ranks = gradients.ranks();
        this.clock = new StageClock(device);
        this.position = new Position(loader.batchesPerEpoch(), config.accumulate());
        this.step = new TrainStep(
                config, module, method, optimizer, schedule, device, seed, gradients, position, meter, clock);
    }

    /**
     * Trains to the end, from wherever the state is.
     *
     * @param events checkpoints are made as planned, when the training is complete, when it is stopped, and when another
     *     rank is lost
     * @param stop asked before each step; where it says true, a checkpoint is made and the loop ends
     * @return whether the training is complete
     * @throws LostRank if another process is gone: the state is that after the last complete step then, and is saved; where it
     *     could not be, the reason is suppressed in it
     */
    public boolean run(Observer observer, Events events, BooleanSupplier stop) {
        try {
            return train(observer, events, stop);
        } catch (LostRank lost) {
            try {
                step.takeBack();
                save(events);
            } catch (UserError notSaved) {
                lost.addSuppressed(notSaved);
            }
            throw lost;
        }
    }

    private boolean train(Observer observer, Events events, BooleanSupplier stop) {
        module.train(true);
        clock.start();
        lastSave = System.nanoTime();
        while (position.epoch() < config.epochs()) {
            boolean isDue = false;
            observer.begin(position.epoch(), config.epochs(), position.stepInEpoch(), position.stepsPerEpoch());
            try (Batches batches = loader.epoch(position.epoch(), position.batch())) {
                while (batches.hasNext()) {
                    if (isStopped(stop)) {
                        save(events);
                        return false;
                    }
                    observer.step(affordable(batches, observer, events));
                    clock.lap(Stage.LOGGING);
                    isDue = isDueForAll(checkpoints.isDueAfterStep(position.step(), System.nanoTime() - lastSave));
                    if (isDue && batches.hasNext()) {
                        save(events);
                    }
                }
            }
            clock.settle();
            Map<String, Double> means = meter.means();
            if (means.isEmpty()) {
                throw new UserError(
                        UserError.FAILED,
                        "All batches of epoch " + (position.epoch() + 1)
                                + " were left out, because their losses are no numbers;"
                                + " resume from the last checkpoint with a smaller optimizer.learning-rate.");
            }
            checkFinite(means);
            Optional<Map<String, Double>> accuracies = validation(events);
            if (accuracies.isEmpty()) {
                // All batches are done: a run that goes on from here begins with the validation.
                save(events);
                return false;
            }
            observer.end(new Observer.Epoch(
                    position.epoch(), position.step(), optimizer.learningRate(), means, accuracies.get()));
            clock.lap(Stage.LOGGING);
            meter.reset();
            position.endEpoch();
            if (isDue || checkpoints.isDueAfterEpoch(position.epoch()) || position.epoch() == config.epochs()) {
                save(events);
            }
        }
        return true;
    }

    /** What the validation has found; empty if it was cut short, because the training is to stop. */
    private Optional<Map<String, Double>> validation(Events events) {
        try {
            Map<String, Double> accuracies =
                    Collections.unmodifiableMap(new LinkedHashMap<>(events.validation(position.epoch() + 1)));
            if (accuracies.containsKey(KNN) && method.follows().equals(Optional.of(Measure.ACCURACY))) {
                method.observe(accuracies.get(KNN));
            }
            return Optional.of(accuracies);
        } catch (CancellationException stopped) {
            return Optional.empty();
        } catch (RuntimeException failure) {
            if (!OutOfMemory.is(failure)) {
                throw failure;
            }
            String from = "the last checkpoint";
            // The other ranks would not take part.
            if (ranks.world().isAlone()) {
                module.train(true);
                save(events);
                from = "step " + position.step() + ", which is saved";
            }
            throw OutOfMemory.error(
                    failure,
                    "the evaluation after epoch " + (position.epoch() + 1),
                    "--resume goes on from " + from
                            + ": set a smaller eval.batch-size and --allow-change eval.batch-size");
        } finally {
            module.train(true);
            clock.lap(Stage.VALIDATION);
        }
    }

    /** A step, or one sentence about how large it may be for the memory there is. */
    private Observer.Step affordable(Batches batches, Observer observer, Events events) {
        try {
            return step.run(batches, observer, events);
        } catch (RuntimeException failure) {
            if (!OutOfMemory.is(failure)) {
                throw failure;
            }
            String saved = "";
            Optional<String> lost = notTakenBack();
            if (lost.isPresent()) {
                saved = "; " + lost.get()
                        + ", so that it could not be saved: --resume goes on from the last checkpoint";
            } else if (!ranks.world().isAlone()) {
                // The others are not about to save, and wait elsewhere.
                saved = "; --resume goes on from the last checkpoint";
            } else if (position.step() > 0) {
                save(events);
                saved = "; the state after step " + position.step() + " is saved, and --resume goes on from it";
            }
            Optional<Integer> fitting = Optional.empty();
            // Of several ranks only one may be at its limit, and the others would not take part.
            if (ranks.world().isAlone() && lost.isEmpty()) {
                try (Batches again = loader.epoch(position.epoch(), position.batch());
                        Batch first = again.next()) {
                    fitting = FittingBatch.of(first.size(), size -> step.fits(first, size));
                }
            }
            throw FittingBatch.error(failure, device, config.batchSize(), position.step() + 1, fitting, saved);
        }
    }

    /** Takes the step under way back, or says why that is not possible. */
    private Optional<String> notTakenBack() {
        try {
            step.takeBack();
            return Optional.empty();
        } catch (UserError halfDone) {
            return Optional.of(halfDone.getMessage());
        }
    }

    /** All ranks stop at the same step, whichever is asked to. */
    private boolean isStopped(BooleanSupplier stop) {
        return Exchange.sum(ranks, stop.getAsBoolean() ? 1 : 0)[0] > 0;
    }

    /** All ranks take part in a checkpoint: where it depends on the time, that of rank 0 counts. */
    private boolean isDueForAll(boolean isDue) {
        return checkpoints.everyMinutes() == 0
                ? isDue
                : Exchange.sum(ranks, isDue && ranks.world().isFirst() ? 1 : 0)[0] > 0;
    }

    /** A checkpoint with losses since the last log that are no numbers would be one that nothing can be resumed from. */
    private void save(Events events) {
        clock.settle();
        checkFinite(meter.means());
        method.assemble();
        events.checkpoint();
        clock.lap(Stage.CHECKPOINT);
        lastSave = System.nanoTime();
    }

    private void checkFinite(Map<String, Double> values) {
        double loss = values.getOrDefault("loss", 0.0);
        if (!Double.isFinite(loss)) {
            throw new UserError(
                    UserError.FAILED,
                    "The loss is " + loss + " at step " + position.step() + " with optimizer.learning-rate = "
                            + optimizer.learningRate()
                            + "; resume from the last checkpoint with a smaller one" + TrainStep.AND_SCHEDULE + ".");
        }
    }

    /** Where the time of the training has gone so far. */
    public StageClock clock() {
        return clock;
    }

    /** Steps of an epoch, the last of which may have fewer batches. */
    public int stepsPerEpoch() {
        return position.stepsPerEpoch();
    }

    /** Steps done so far. */
    public long steps() {
        return position.step();
    }

    /** Epochs that are complete. */
    public int epochs() {
        return position.epoch();
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = position.state();
        state.put("meter", meter.state());
        step.scaler().ifPresent(scaling -> state.put("scaler", scaling.state()));
        return state;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void restore(Map<String, ?> state, String source) {
        if (!(state.get("meter") instanceof Map<?, ?> meters)) {
            throw Position.missing(source);
        }
        position.restore(state, source);
        meter.restore((Map<String, ?>) meters, source);
        // A run that has had another precision until now starts with the first scale.
        if (state.get("scaler") instanceof Map<?, ?> saved) {
            step.scaler().ifPresent(scaling -> scaling.restore((Map<String, ?>) saved, source));
        }
    }

    @Override
    public void close() {
        step.close();
        meter.close();
    }
}
