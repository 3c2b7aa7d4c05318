package io.contrast4j.train;

import io.contrast4j.data.Batch;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batches;
import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Gradients;
import io.contrast4j.dist.LostRank;
import io.contrast4j.dist.Ranks;
import io.contrast4j.method.Method;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.Measure;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.optim.GradScaler;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.optim.Schedule;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.OutOfMemory;
import io.contrast4j.tensor.Precision;
import io.contrast4j.tensor.RunningStatistics;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The training loop. In each step: forward and backward of one batch or several, optimizer, commit of the stores, meters.
 * Everything it depends on is counted from (seed, epoch, step), so that a run that was stopped anywhere goes on to the
 * same bits.
 *
 * <p>Of several batches the gradients are averaged, and stores and key encoder follow at the end, so that they are like one
 * larger batch. What depends on the other pictures of a batch, such as batch norms and in-batch contrasts, still sees one
 * batch at a time. Where an epoch ends within a step, the step has fewer batches, and the mean is over those.
 */
public final class Trainer implements Stateful, AutoCloseable {
    /** The accuracy of nearest neighbours among those of a {@linkplain Events#validation validation}. */
    public static final String KNN = "knn";

    private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

    /** Scales start at 65536 and are halved: this one is reached only where gradients are no numbers at all. */
    private static final double LEAST_SCALE = 1e-4;

    /** A step schedule goes on with the rate of the checkpoint unless it is told otherwise. */
    private static final String AND_SCHEDULE = " (and schedule.resume=base, if schedule.type = step)";

    private final Config config;
    private final CheckpointPlan checkpoints;
    private final Module module;
    private final Method method;
    private final Optimizer optimizer;
    private final Schedule schedule;
    private final BatchLoader loader;
    private final Device device;
    private final long seed;
    private final Gradients gradients;
    private final Ranks ranks;
    private final EpochMeter meter = new EpochMeter();
    private final Monitors monitors;
    private final RunningStatistics statistics;
    private final Optional<GradScaler> scaler;
    private final StageClock clock;
    private Progress progress = Progress.BETWEEN_STEPS;
    private double rateBefore;
    private int epoch;
    private int batch;
    private long step;
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

    /** How far the step under way has come: what of it has to be taken back where it cannot be completed. */
    private enum Progress {
        BETWEEN_STEPS,
        /** The learning rate is that of the step. */
        BEGUN,
        /** Batches have been in batch norms, and perhaps in the key encoder. */
        FORWARD,
        /** The weights have changed, and the stores have not yet: there is no way back. */
        MOVED
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
        this.monitors = new Monitors(module);
        this.method = method;
        this.optimizer = optimizer;
        this.schedule = schedule;
        this.loader = loader;
        this.device = device;
        this.seed = seed;
        this.gradients = gradients;
        this.ranks = gradients.ranks();
        this.statistics = new RunningStatistics(module);
        try (Scope scope = Scope.open()) {
            this.scaler = config.precision() == Precision.FP16
                    ? Optional.of(new GradScaler(
                            GradScaler.Config.STANDARD,
                            StateDict.parameters(module).values(),
                            device))
                    : Optional.empty();
        }
        this.clock = new StageClock(device);
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
                takeBack();
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
        while (epoch < config.epochs()) {
            boolean isDue = false;
            observer.begin(epoch, config.epochs(), batch / config.accumulate(), stepsPerEpoch());
            try (Batches batches = loader.epoch(epoch, batch)) {
                while (batches.hasNext()) {
                    if (isStopped(stop)) {
                        save(events);
                        return false;
                    }
                    observer.step(affordable(batches, observer, events));
                    clock.lap(Stage.LOGGING);
                    isDue = isDueForAll(checkpoints.isDueAfterStep(step, System.nanoTime() - lastSave));
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
                        "All batches of epoch " + (epoch + 1) + " were left out, because their losses are no numbers;"
                                + " resume from the last checkpoint with a smaller optimizer.learning-rate.");
            }
            checkFinite(means);
            Optional<Map<String, Double>> accuracies = validation(events);
            if (accuracies.isEmpty()) {
                // All batches are done: a run that goes on from here begins with the validation.
                save(events);
                return false;
            }
            observer.end(new Observer.Epoch(epoch, step, optimizer.learningRate(), means, accuracies.get()));
            clock.lap(Stage.LOGGING);
            meter.reset();
            epoch++;
            batch = 0;
            if (isDue || checkpoints.isDueAfterEpoch(epoch) || epoch == config.epochs()) {
                save(events);
            }
        }
        return true;
    }

    /** What the validation has found; empty if it was cut short, because the training is to stop. */
    private Optional<Map<String, Double>> validation(Events events) {
        try {
            Map<String, Double> accuracies =
                    Collections.unmodifiableMap(new LinkedHashMap<>(events.validation(epoch + 1)));
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
            module.train(true);
            save(events);
            throw OutOfMemory.error(
                    failure,
                    "the evaluation after epoch " + (epoch + 1),
                    "--resume goes on with it from step " + step
                            + ", which is saved: set a smaller eval.batch-size and --allow-change eval.batch-size");
        } finally {
            module.train(true);
            clock.lap(Stage.VALIDATION);
        }
    }

    /** Steps of an epoch, the last of which may have fewer batches. */
    public int stepsPerEpoch() {
        return (loader.batchesPerEpoch() - 1) / config.accumulate() + 1;
    }

    /** The step under way has not been. */
    private void takeBack() {
        switch (progress) {
            case BETWEEN_STEPS -> {}
            case BEGUN -> optimizer.learningRate(rateBefore);
            case FORWARD -> {
                optimizer.learningRate(rateBefore);
                statistics.restore();
                method.revoke();
            }
            case MOVED ->
                throw new UserError(
                        UserError.FAILED,
                        "step " + (step + 1) + " was half done, with weights that had changed and stores that had not");
        }
        progress = Progress.BETWEEN_STEPS;
    }

    /** A step, or one sentence about how large it may be for the memory there is. */
    private Observer.Step affordable(Batches batches, Observer observer, Events events) {
        try {
            return step(batches, observer, events);
        } catch (RuntimeException failure) {
            if (!OutOfMemory.is(failure)) {
                throw failure;
            }
            String saved = "";
            Optional<String> lost = notTakenBack();
            if (lost.isPresent()) {
                saved = "; " + lost.get()
                        + ", so that it could not be saved: --resume goes on from the last checkpoint";
            } else if (step > 0) {
                save(events);
                saved = "; the state after step " + step + " is saved, and --resume goes on from it";
            }
            Optional<Integer> fitting = Optional.empty();
            // Of several ranks only one may be at its limit, and the others would not take part.
            if (ranks.world().isAlone() && lost.isEmpty()) {
                try (Batches again = loader.epoch(epoch, batch);
                        Batch first = again.next()) {
                    fitting = FittingBatch.of(first.size(), size -> fits(first, size));
                }
            }
            throw FittingBatch.error(failure, device, config.batchSize(), step + 1, fitting, saved);
        }
    }

    /** Takes the step under way back, or says why that is not possible. */
    private Optional<String> notTakenBack() {
        try {
            takeBack();
            return Optional.empty();
        } catch (UserError halfDone) {
            return Optional.of(halfDone.getMessage());
        }
    }

    /** Whether there is memory for the forward and the backward pass of so many pictures. */
    private boolean fits(Batch batch, int pictures) {
        statistics.save();
        try (Scope scope = Scope.open()) {
            Method.Input whole = input(batch);
            List<Tensor> views = whole.views().stream()
                    .map(view -> view.narrow(0, 0, pictures))
                    .toList();
            forward(
                            new Method.Input(
                                    views,
                                    whole.labels().narrow(0, 0, pictures),
                                    whole.indices().narrow(0, 0, pictures)),
                            0)
                    .loss()
                    .total()
                    .backward();
            return true;
        } catch (RuntimeException failure) {
            if (!OutOfMemory.is(failure)) {
                throw failure;
            }
            return false;
        } finally {
            statistics.restore();
            method.revoke();
            optimizer.zeroGrad();
        }
    }

    private Observer.Step step(Batches batches, Observer observer, Events events) {
        boolean isLogged = (step + 1) % config.logEvery() == 0;
        rateBefore = optimizer.learningRate();
        progress = Progress.BEGUN;
        clock.split(isLogged);
        optimizer.learningRate(
                schedule.at(epoch, batch / config.accumulate(), stepsPerEpoch(), optimizer.learningRate()));
        int parts = Math.min(config.accumulate(), loader.batchesPerEpoch() - batch);
        Map<String, Double> values = new LinkedHashMap<>();
        Map<String, Double> watched = new LinkedHashMap<>();
        boolean isFinite = true;
        int samples = 0;
        optimizer.zeroGrad();
        gradients.begin();
        statistics.save();
        progress = Progress.FORWARD;
        // Clearing gradients belongs to the backward pass, and is no waiting for data.
        clock.lap(Stage.BACKWARD);
        try (Window window = new Window()) {
            for (int part = 0; part < parts; part++) {
                try (Batch next = batches.next();
                        Scope scope = Scope.open()) {
                    clock.lap(Stage.DATA_WAIT);
                    samples += next.size() * ranks.world().size();
                    if (!isFinite) {
                        // The batches after one that is refused go with it.
                        continue;
                    }
                    Method.Input input = input(next);
                    clock.lap(Stage.COPY);
                    Method.Output output = forward(input, part);
                    Tensor loss = output.loss().total();
                    isFinite = !isWatched(isLogged) || isFinite(loss);
                    clock.lap(Stage.FORWARD);
                    if (!isFinite) {
                        read(output, isLogged, values);
                        refuse(output, events);
                        continue;
                    }
                    Tensor share = parts == 1 ? loss : loss.div(Tensors.scalar(parts));
                    Tensor scaled = scaler.map(scaling -> scaling.scaled(share)).orElse(share);
                    if (part == parts - 1) {
                        gradients.backward(scaled);
                    } else {
                        gradients.accumulate(scaled);
                    }
                    clock.lap(Stage.BACKWARD);
                    window.add(output, next.size() * ranks.world().size());
                    if (part == parts - 1) {
                        scaler.ifPresent(GradScaler::unscale);
                        watch(output, isLogged, watched);
                        observer.inside(new Observer.Inside(step + 1, input, output));
                        clock.lap(Stage.LOGGING);
                    }
                }
            }
            if (isFinite) {
                try (Scope scope = Scope.open()) {
                    // Before the weights move: what is exchanged may fail.
                    window.average(ranks);
                    clock.lap(Stage.BACKWARD);
                    progress = Progress.MOVED;
                    move();
                    clock.lap(Stage.OPTIMIZER);
                    Method.Output output = window.output();
                    method.commit(output);
                    clock.lap(Stage.COMMIT);
                    read(output, isLogged, values);
                    if (method.follows().equals(Optional.of(Measure.LOSS))) {
                        method.observe(Tensors.scalar(output.loss().total()));
                    }
                    window.meter(meter);
                }
            }
        }
        step++;
        progress = Progress.BETWEEN_STEPS;
        Observer.Step done = new Observer.Step(step, epoch, batch, samples, optimizer.learningRate(), values, watched);
        batch += parts;
        return done;
    }

    private Method.Input input(Batch next) {
        return new Method.Input(next.views(device), Tensors.to(next.labels(), device), next.indices());
    }

    /** The loss of the step's batch of this number. */
    private Method.Output forward(Method.Input input, int part) {
        long number = step * config.accumulate() + part;
        long stepsPerEpoch = stepsPerEpoch();
        StepContext at =
                new StepContext(step, stepsPerEpoch, stepsPerEpoch * config.epochs(), Draws.keyed(seed, number));

        // What layers draw, such as dropout, depends on the batch's number alone, so that a resumed run draws the same.
        long key = CounterRandom.key(seed, number);
        torch.manual_seed(
                ranks.world().isFirst()
                        ? key
                        : CounterRandom.key(key, ranks.world().rank()));
        try (Autocast autocast = Autocast.open(device, config.precision().type())) {
            return method.forward(input, at);
        }
    }

    /** The optimizer's step. In float16 it is left out where a gradient is infinite; stores follow all the same. */
    private void move() {
        if (scaler.isEmpty()) {
            optimizer.step();
        } else if (!scaler.get().step(optimizer)) {
            double scale = scaler.get().scale();
            LOG.info("step {}: gradients are too large for float16; their scale is {} from now on", step + 1, scale);
            if (scale < LEAST_SCALE) {
                throw new UserError(
                        UserError.FAILED,
                        "The gradients are no numbers at step " + (step + 1) + " even with a scale of " + scale
                                + "; resume from the last checkpoint with train.precision=bf16, or with a smaller"
                                + " learning rate" + AND_SCHEDULE + ".");
            }
        }
    }

    private static void read(Method.Output output, boolean isLogged, Map<String, Double> values) {
        if (isLogged) {
            EpochMeter.values(output.loss()).forEach((name, value) -> values.put(name, Tensors.scalar(value)));
        }
    }

    /** After the last backward pass of a step, before the gradients are used. */
    private void watch(Method.Output output, boolean isLogged, Map<String, Double> watched) {
        if (isLogged && config.monitors()) {
            watched.putAll(monitors.of(method, output));
        }
        if (isLogged) {
            scaler.ifPresent(scaling -> watched.put("gradient_scale", scaling.scale()));
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

    /** Whether it is a number on all ranks: a step counts everywhere or nowhere. */
    private boolean isFinite(Tensor loss) {
        return Exchange.sum(ranks, Double.isFinite(Tensors.scalar(loss)) ? 0 : 1)[0] == 0;
    }

    /** Whether the loss of this step is looked at. On a GPU that waits for it, so it happens at logged steps only. */
    private boolean isWatched(boolean isLogged) {
        return isLogged || device.is_cpu() || config.onNonfinite() == OnNonfinite.SKIP;
    }

    private void refuse(Method.Output output, Events events) {
        boolean isHere = !Double.isFinite(Tensors.scalar(output.loss().total()));
        String which = isHere ? NonFinite.in(output).description() : "The loss of another rank is no number";
        String what = which + " at step " + (step + 1) + " with optimizer.learning-rate = " + optimizer.learningRate();
        // The batch has been in batch norms and in the key encoder already, which therefore go back to before the step.
        statistics.restore();
        method.revoke();
        if (config.onNonfinite() == OnNonfinite.SKIP) {
            LOG.warn("{}: the step is left out", what);
            return;
        }
        throw new UserError(
                UserError.FAILED,
                what + "; " + inspected(events)
                        + ". Resume from the last checkpoint with a smaller learning rate" + AND_SCHEDULE
                        + ", or with train.on-nonfinite=skip.");
    }

    /** A disk that is full must not hide what was to be told. */
    private String inspected(Events events) {
        try {
            method.assemble();
            return "the state before this step is in " + events.inspection();
        } catch (UserError notSaved) {
            return "the state before this step could not be saved: "
                    + notSaved.getMessage().replaceFirst("\\.$", "");
        }
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
                    "The loss is " + loss + " at step " + step + " with optimizer.learning-rate = "
                            + optimizer.learningRate()
                            + "; resume from the last checkpoint with a smaller one" + AND_SCHEDULE + ".");
        }
    }

    /** Where the time of the training has gone so far. */
    public StageClock clock() {
        return clock;
    }

    /** Steps done so far. */
    public long steps() {
        return step;
    }

    /** Epochs that are complete. */
    public int epochs() {
        return epoch;
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("step", step);
        state.put("epoch", (long) epoch);
        state.put("batch", (long) batch);
        state.put("batches", (long) loader.batchesPerEpoch());
        state.put("meter", meter.state());
        scaler.ifPresent(scaling -> state.put("scaler", scaling.state()));
        return state;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void restore(Map<String, ?> state, String source) {
        if (!(state.get("step") instanceof Number steps)
                || !(state.get("epoch") instanceof Number epochs)
                || !(state.get("batch") instanceof Number inEpoch)
                || !(state.get("batches") instanceof Number batches)
                || !(state.get("meter") instanceof Map<?, ?> meters)) {
            throw new UserError(UserError.FAILED, source + " says no position in the training; it cannot be resumed.");
        }
        if (inEpoch.intValue() > 0 && batches.intValue() != loader.batchesPerEpoch()) {
            throw new UserError(
                    UserError.USAGE,
                    source + " is from the middle of an epoch of " + batches + " batches, and there are now "
                            + loader.batchesPerEpoch()
                            + "; use the train.batch-size and the pictures that it was trained with.");
        }
        if (inEpoch.intValue() < batches.intValue() && inEpoch.intValue() % config.accumulate() != 0) {
            throw new UserError(
                    UserError.USAGE,
                    source + " is from an epoch after " + inEpoch + " batches, which are no whole number of steps of "
                            + config.accumulate() + "; use the train.accumulate that it was trained with.");
        }
        step = steps.longValue();
        epoch = epochs.intValue();
        batch = inEpoch.intValue();
        meter.restore((Map<String, ?>) meters, source);
        // A run that has had another precision until now starts with the first scale.
        if (state.get("scaler") instanceof Map<?, ?> saved) {
            scaler.ifPresent(scaling -> scaling.restore((Map<String, ?>) saved, source));
        }
    }

    @Override
    public void close() {
        scaler.ifPresent(GradScaler::close);
        statistics.close();
        meter.close();
    }
}
