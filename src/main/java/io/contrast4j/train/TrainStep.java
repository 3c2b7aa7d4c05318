package io.contrast4j.train;

import io.contrast4j.data.Batch;
import io.contrast4j.data.Batches;
import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Gradients;
import io.contrast4j.dist.Ranks;
import io.contrast4j.method.Method;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.Measure;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.optim.GradScaler;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.optim.Schedule;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.GpuFailure;
import io.contrast4j.tensor.OutOfMemory;
import io.contrast4j.tensor.Precision;
import io.contrast4j.tensor.RunningStatistics;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One step after the other: forward and backward of one batch or several, optimizer, commit of the stores, meters. A step
 * that is not completed can be {@linkplain #takeBack taken back} as long as the weights have not moved.
 *
 * <p>Of several batches the gradients are averaged, and stores and key encoder follow at the end, so that they are like one
 * larger batch. What depends on the other pictures of a batch, such as batch norms and in-batch contrasts, still sees one
 * batch at a time. Where an epoch ends within a step, the step has fewer batches, and the mean is over those.
 */
final class TrainStep implements AutoCloseable {
    /** A step schedule goes on with the rate of the checkpoint unless it is told otherwise. */
    static final String AND_SCHEDULE = " (and schedule.resume=base, if schedule.type = step)";

    private static final Logger LOG = LoggerFactory.getLogger(TrainStep.class);

    /** Scales start at 65536 and are halved: this one is reached only where gradients are no numbers at all. */
    private static final double LEAST_SCALE = 1e-4;

    private final Trainer.Config config;
    private final Method method;
    private final Optimizer optimizer;
    private final Schedule schedule;
    private final Device device;
    private final long seed;
    private final Gradients gradients;
    private final Ranks ranks;
    private final Position position;
    private final EpochMeter meter;
    private final StageClock clock;
    private final Monitors monitors;
    private final RunningStatistics statistics;
    private final Optional<GradScaler> scaler;
    private Progress progress = Progress.BETWEEN_STEPS;
    private double rateBefore;

    /** How far the step under way has come: what of it has to be taken back where it cannot be completed. */
    private enum Progress {
        BETWEEN_STEPS,
        /** The learning rate is that of the step. */
        BEGUN,
        /** Running statistics are those of rank 0; batches have been in batch norms, and perhaps in the key encoder. */
        FORWARD,
        /** The weights have changed, and the stores have not yet: there is no way back. */
        MOVED
    }

    /**
     * @param position is moved on by every step
     * @param meter takes in the losses of every step
     * @param clock is told what the time went into
     */
    TrainStep(
            Trainer.Config config,
            Module module,
            Method method,
            Optimizer optimizer,
            Schedule schedule,
            Device device,
            long seed,
            Gradients gradients,
            Position position,
            EpochMeter meter,
            StageClock clock) {
        this.config = config;
        this.method = method;
        this.optimizer = optimizer;
        this.schedule = schedule;
        this.device = device;
        this.seed = seed;
        this.gradients = gradients;
        this.ranks = gradients.ranks();
        this.position = position;
        this.meter = meter;
        this.clock = clock;
        this.monitors = new Monitors(module);
        this.statistics = new RunningStatistics(module);
        try (Scope scope = Scope.open()) {
            this.scaler = config.precision() == Precision.FP16
                    ? Optional.of(new GradScaler(
                            GradScaler.Config.STANDARD,
                            StateDict.parameters(module).values(),
                            device))
                    : Optional.empty();
        }
    }

    /** Of the loss, in float16: a part of the state of the training. */
    Optional<GradScaler> scaler() {
        return scaler;
    }

    /** Undoes the step that was not completed, if there is one. */
    void takeBack() {
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
                        "step " + (position.step() + 1)
                                + " was half done, with weights that had changed and stores that had not");
        }
        progress = Progress.BETWEEN_STEPS;
    }

    /** Whether so many pictures can have a forward and a backward pass: there is memory for it, and the method takes as many. */
    boolean fits(Batch batch, int pictures) {
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
            if (GpuFailure.said(failure).isPresent() && !OutOfMemory.is(failure)) {
                throw failure;
            }
            // Else they do not fit, or are no multiple of the shards, or too few for what is drawn from them.
            return false;
        } finally {
            statistics.restore();
            method.revoke();
            optimizer.zeroGrad();
        }
    }

    /** Makes the step that comes next. */
    Observer.Step run(Batches batches, Observer observer, Trainer.Events events) {
        boolean isLogged = (position.step() + 1) % config.logEvery() == 0;
        rateBefore = optimizer.learningRate();
        progress = Progress.BEGUN;
        clock.split(isLogged);
        optimizer.learningRate(schedule.at(
                position.epoch(), position.stepInEpoch(), position.stepsPerEpoch(), optimizer.learningRate()));
        int parts = position.batchesOfStep();
        Map<String, Double> values = new LinkedHashMap<>();
        Map<String, Double> watched = new LinkedHashMap<>();
        boolean isFinite = true;
        int samples = 0;
        optimizer.zeroGrad();
        statistics.save();
        progress = Progress.FORWARD;
        gradients.begin();
        if (isWatched(isLogged) || position.step() == 0) {
            // The program waits for the GPU within this step: for its times, its loss, the constants that a first step
            // sets.
            ranks.settle();
        }
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
                    batches.copyNext(device);
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
                    window.add(output, next.size() * ranks.world().size());
                    if (part == parts - 1) {
                        // Before the weights move: what is exchanged may fail.
                        window.average(ranks);
                        ranks.settle();
                    }
                    clock.lap(Stage.BACKWARD);
                    if (part == parts - 1) {
                        scaler.ifPresent(GradScaler::unscale);
                        watch(output, isLogged, watched);
                        observer.inside(new Observer.Inside(position.step() + 1, input, output));
                        clock.lap(Stage.LOGGING);
                    }
                }
            }
            if (isFinite) {
                try (Scope scope = Scope.open()) {
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
        progress = Progress.BETWEEN_STEPS;
        int first = position.batch();
        position.endStep();
        return new Observer.Step(
                position.step(), position.epoch(), first, samples, optimizer.learningRate(), values, watched);
    }

    /** What of a batch is worked on, on the device: copied there by now, or as soon as the GPU comes to it. */
    private Method.Input input(Batch next) {
        return new Method.Input(next.views(device), Tensors.to(next.labels(), device), next.indices());
    }

    /** The loss of the step's batch of this number. */
    private Method.Output forward(Method.Input input, int part) {
        long number = position.step() * config.accumulate() + part;
        long stepsPerEpoch = position.stepsPerEpoch();
        StepContext at = new StepContext(
                position.step(), stepsPerEpoch, stepsPerEpoch * config.epochs(), Draws.keyed(seed, number));

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
            LOG.info(
                    "step {}: gradients are too large for float16; their scale is {} from now on",
                    position.step() + 1,
                    scale);
            if (scale < LEAST_SCALE) {
                throw new UserError(
                        UserError.FAILED,
                        "The gradients are no numbers at step " + (position.step() + 1) + " even with a scale of "
                                + scale
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

    /** Whether it is a number on all ranks: a step counts everywhere or nowhere. */
    private boolean isFinite(Tensor loss) {
        return Exchange.sum(ranks, Double.isFinite(Tensors.scalar(loss)) ? 0 : 1)[0] == 0;
    }

    /** Whether the loss of this step is looked at. On a GPU that waits for it, so it happens at logged steps only. */
    private boolean isWatched(boolean isLogged) {
        return isLogged || device.is_cpu() || config.onNonfinite() == Trainer.OnNonfinite.SKIP;
    }

    private void refuse(Method.Output output, Trainer.Events events) {
        boolean isHere = !Double.isFinite(Tensors.scalar(output.loss().total()));
        String which = isHere ? NonFinite.in(output).description() : "The loss of another rank is no number";
        String what = which + " at step " + (position.step() + 1) + " with optimizer.learning-rate = "
                + optimizer.learningRate();
        // The batch has been in batch norms and in the key encoder already, which therefore go back to before the step.
        statistics.restore();
        method.revoke();
        if (config.onNonfinite() == Trainer.OnNonfinite.SKIP) {
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
    private String inspected(Trainer.Events events) {
        try {
            method.assemble();
            return "the state before this step is in " + events.inspection();
        } catch (UserError notSaved) {
            return "the state before this step could not be saved: "
                    + notSaved.getMessage().replaceFirst("\\.$", "");
        }
    }

    @Override
    public void close() {
        scaler.ifPresent(GradScaler::close);
        statistics.close();
    }
}
