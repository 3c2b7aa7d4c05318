package io.contrast4j.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.contrast4j.checkpoint.CheckpointStore;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batching;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.data.Fingerprint;
import io.contrast4j.data.MemoryFormat;
import io.contrast4j.data.Views;
import io.contrast4j.eval.Evaluation;
import io.contrast4j.eval.Gallery;
import io.contrast4j.method.Method;
import io.contrast4j.metrics.Meters;
import io.contrast4j.metrics.PrometheusEndpoint;
import io.contrast4j.negatives.Measure;
import io.contrast4j.nn.ChannelsLast;
import io.contrast4j.nn.Networks;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.optim.Schedule;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.report.RecordedRun;
import io.contrast4j.report.ReportPage;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.GpuMemory;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.train.ContrastSection;
import io.contrast4j.train.RunCheckpoint;
import io.contrast4j.train.Trainer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run, wired together from its configuration: opens the data, builds encoders, stores and optimizer, takes up a
 * checkpoint, trains, evaluates. It owns everything native and closes it in reverse order.
 */
final class Run implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Run.class);
    private static final Gson JSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    /** What a seed is for; each use has random numbers of its own. */
    enum Stream {
        WEIGHTS,
        BANK,
        ORDER,
        VIEWS,
        DRAWS,
        PROBE;

        long of(long seed) {
            return CounterRandom.key(seed, ordinal());
        }
    }

    private final RunConfig config;
    private final Device device;
    private final String deviceName;
    private final int threads;
    private final Dataset trainSet;
    private final Dataset labelledSet;
    private final Dataset testSet;
    private final RunFolder folder;
    private final RunLock lock;
    private final Arena arena = new Arena();
    private final Networks networks;
    private final Method method;
    private final Optimizer optimizer;
    private final BatchLoader loader;
    private final Schedule schedule;
    private final Trainer trainer;
    private final RunLog log;
    private final Optional<PrometheusEndpoint> endpoint;
    private final Meters meters;
    private final RunCheckpoints checkpoints;
    private final RunIdentity identity;
    private final Evaluation evaluation;
    private final Set<String> corrupt = new TreeSet<>();
    private String status = "training";

    /**
     * @param rendered the resolved configuration as HOCON, for the run's folder
     * @param resume what to go on from
     * @param allowed in what the configuration may differ from that of the run that goes on
     * @throws UserError if the data, the device or the checkpoint is not usable
     */
    Run(RunConfig config, String rendered, Resume resume, AllowedChanges allowed) {
        this.config = config;
        Natives.announce();
        this.device = arena.own(() -> Devices.choose(config.device()));
        Devices.require(device, config.train().precision());
        config.backend().apply();
        this.deviceName = device.str().getString();
        this.threads = torch.get_num_threads();
        this.trainSet = config.data().openTrain();
        this.labelledSet = config.data().openLabelled(trainSet);
        this.testSet = config.data().openTest();
        Views views = config.views().random();
        Batching batching = batching();
        this.loader = new BatchLoader(
                trainSet,
                views,
                config.mixture(),
                new EpochOrder.Shuffled(trainSet.size(), Stream.ORDER.of(config.seed())),
                batching,
                Stream.VIEWS.of(config.seed()),
                config.loader());
        config.parts().requireItems(trainSet.size());
        this.evaluation = new Evaluation(
                config.eval(),
                labelledSet,
                testSet,
                config.evaluatedViews(),
                config.loader(),
                device,
                Stream.PROBE.of(config.seed()));
        this.networks = newNetworks();
        this.endpoint = config.metrics().prometheus().open();
        this.meters = meters();
        Map<String, Fingerprint> data = new LinkedHashMap<>();
        data.put("train", Fingerprint.of(trainSet));
        data.put("test", Fingerprint.of(testSet));
        Optional<RunFolder> earlier = resume.folder(config);
        Optional<RunLock> taken = earlier.map(run -> RunLock.take(run.path()));
        earlier.ifPresent(RunFolder::startLog);
        Optional<Path> from = earlier.isPresent()
                ? new CheckpointStore(
                                earlier.get().checkpoints(), config.checkpoint().keepLast())
                        .latest()
                : resume.checkpoint();
        from.ifPresent(file -> allowed.check(file, rendered, data));
        if (from.isEmpty()) {
            config.pretrained().into(networks.module()).ifPresent(source -> System.err.println("weights: " + source));
        }
        // Everything that can be wrong with the input is known by now: only then is a folder made.
        this.folder = earlier.orElseGet(() -> RunFolder.create(config));
        this.lock = taken.orElseGet(() -> RunLock.take(folder.path()));
        if (earlier.isEmpty()) {
            folder.startLog();
        }

        this.method = newMethod();
        try (Scope scope = Scope.open()) {
            this.optimizer = config.optimizer()
                    .build(StateDict.parameters(networks.module()).values());
        }
        double base = config.schedule()
                .base(config.optimizer().learningRate(), config.train().samplesPerStep());
        optimizer.learningRate(base);
        this.schedule = config.schedule().build(base, config.train().epochs());
        this.trainer = new Trainer(
                config.train(),
                config.checkpoint(),
                networks.module(),
                method,
                optimizer,
                schedule,
                loader,
                device,
                Stream.DRAWS.of(config.seed()));
        Snapshots snapshots = new Snapshots(config.metrics().tensorboard(), config.views(), networks.module());
        this.log = new RunLog(folder, loader, meters, trainer.clock(), snapshots);
        RunCheckpoint content = new RunCheckpoint(
                ConfigFile.values(rendered),
                networks.module(),
                method,
                new ContrastSection(ContrastSection.Constants.of(config.parts())),
                optimizer,
                trainer,
                log);
        from.ifPresent(content::restore);
        resume.checkpoint().flatMap(RunFolder::of).ifPresent(log::takeOver);
        log.open();
        write(folder.config(), rendered);
        CheckpointHashes hashes = new CheckpointHashes(folder);
        this.identity = new RunIdentity(rendered, data, networks.module(), hashes);
        resume.checkpoint().ifPresent(identity::branchesOff);
        earlier.ifPresent(run -> identity.goesOn(run, threads));
        this.checkpoints =
                new RunCheckpoints(folder, config.checkpoint(), content, hashes, meters, this::recordCheckpoint);
        checkpoints.known(RunLog.endedEpochs(folder));
    }

    private Meters meters() {
        MeterRegistry registry =
                endpoint.<MeterRegistry>map(PrometheusEndpoint::registry).orElseGet(SimpleMeterRegistry::new);
        Map<String, String> tags =
                Map.of("method", typeName(config.method()), "dataset", typeName(config.data()), "rank", "0");
        Meters made = new Meters(registry, tags);
        if (device.is_cuda()) {
            made.gpuMemory("allocated", () -> GpuMemory.of(device).allocated());
            made.gpuMemory("reserved", () -> GpuMemory.of(device).reserved());
            made.gpuMemory("peak", () -> GpuMemory.of(device).peak());
        }
        return made;
    }

    private static String typeName(Object choice) {
        return choice.getClass().getAnnotation(TypeName.class).value();
    }

    private Batching batching() {
        Batching batching = new Batching(config.train().batchSize(), Batching.Last.DROP);
        if (batching.count(trainSet.size()) == 0) {
            throw new UserError(
                    UserError.USAGE,
                    "train.batch-size = " + batching.size() + " is more than the " + trainSet.size()
                            + " training pictures; choose a smaller one.");
        }
        return batching;
    }

    /** Networks as they are before any training: the same for the same seed. */
    private Networks newNetworks() {
        torch.manual_seed(Stream.WEIGHTS.of(config.seed()));
        return arena.own(() -> {
            Networks fresh = config.method().networks(config.parts(), setting());
            if (config.loader().memoryFormat() == MemoryFormat.CHANNELS_LAST) {
                ChannelsLast.weights(fresh.module());
            }
            return fresh;
        });
    }

    private Method newMethod() {
        torch.manual_seed(Stream.BANK.of(config.seed()));
        return config.method().build(networks, config.parts(), setting());
    }

    private Method.Setting setting() {
        return new Method.Setting(trainSet.size(), trainSet.classes().size(), ScalarType.Float, device);
    }

    /** Measures what it costs to watch this run, which must log every {@link StepBench#LOG_EVERY} steps. */
    StepBench bench(int logEvery) {
        return new StepBench(
                trainer, logEvery, log, () -> checkpoints.save(trainer.steps(), Map.of()), checkpoints::finish);
    }

    int stepsPerEpoch() {
        return trainer.stepsPerEpoch();
    }

    /**
     * Trains to the end and evaluates.
     *
     * @return false if it was interrupted; a checkpoint is saved then
     */
    boolean train() {
        describe();
        record("training", Map.of());
        Duration grace = config.train().shutdownGrace();
        try (Interrupt interrupt = Interrupt.install(
                grace,
                "interrupted: the state was not saved within train.shutdown-grace = " + grace.toMillis() / 1e3
                        + " s; --resume goes on from the checkpoint before")) {
            boolean complete = trainer.run(log, events(), this::isToStop);
            checkpoints.finish();
            log.clear();
            if (complete) {
                record("evaluating", Map.of());
                interrupt.needNotWait("interrupted: the training is complete; --resume evaluates it");
            }
            if (!complete || Interrupt.inProgress()) {
                record("interrupted", Map.of());
                System.err.println("interrupted: saved after step " + trainer.steps() + "; go on with --resume");
                return false;
            }
            evaluate();
            return true;
        } catch (RuntimeException | Error failure) {
            recordFailure(failure);
            throw failure;
        }
    }

    /** Asked before each step: a checkpoint that could not be written ends the run. */
    private boolean isToStop() {
        checkpoints.check();
        return Interrupt.inProgress();
    }

    /** Without hiding the failure behind another one: the disk may be what failed. */
    private void recordFailure(Throwable failure) {
        try {
            record("failed", Map.of("message", String.valueOf(failure.getMessage())));
        } catch (UserError alsoFailed) {
            failure.addSuppressed(alsoFailed);
        }
    }

    private void describe() {
        System.err.printf(
                Locale.ROOT,
                "%s: %d training pictures, %d test pictures, %d classes%n",
                config.name(),
                trainSet.size(),
                testSet.size(),
                trainSet.classes().size());
        String from = trainer.steps() == 0 ? "" : ", from step " + trainer.steps();
        String how = folder.resumed() ? " (resumed" + from + ")" : from;
        System.err.println("run folder: " + folder.path() + how);
        endpoint.ifPresent(page -> System.err.println("meters: " + page.address()));
        LOG.info("run in {} on {}{}", folder.path(), deviceName, from);
    }

    private Trainer.Events events() {
        return new Trainer.Events() {
            @Override
            public void checkpoint() {
                checkpoints.save(trainer.steps(), log.ended());
            }

            @Override
            public Path inspection() {
                return checkpoints.inspection();
            }

            @Override
            public Map<String, Double> validation(int epochs) {
                return isEvaluatedAfter(epochs) ? validated() : Map.of();
            }
        };
    }

    /** A threshold that follows the accuracy must be told it; it is asked for after each epoch unless less is enough. */
    private boolean isEvaluatedAfter(int epochs) {
        int every = config.eval().everyEpochs();
        return every > 0 ? epochs % every == 0 : method.follows().equals(Optional.of(Measure.ACCURACY));
    }

    private Map<String, Double> validated() {
        knowUnreadable();
        Evaluation.Result result = evaluation.of(networks.backbones(), Interrupt::inProgress);
        Map<String, Double> accuracies = new LinkedHashMap<>();
        accuracies.put(Trainer.KNN, result.knn());
        accuracies.put("linear", result.linear());
        return accuracies;
    }

    /** What the training could not read is not named again by the evaluation. */
    private void knowUnreadable() {
        if (labelledSet == trainSet) {
            evaluation.known(loader);
        }
    }

    private void evaluate() {
        knowUnreadable();
        Map<String, Evaluation.Result> results = new LinkedHashMap<>();
        if (config.eval().rawPixels()) {
            results.put("raw pixels", evaluation.ofPixels());
        }
        if (config.eval().randomWeights()) {
            // Without pretrained weights, those that the training started from.
            results.put("random weights", evaluation.of(newNetworks().backbones()));
        }
        results.put("trained", evaluation.of(networks.backbones()));

        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", trainer.steps());
        line.put("eval.chance", evaluation.chance());
        System.out.printf(Locale.ROOT, "%ntop-1 accuracy on %d test pictures%n", testSet.size());
        System.out.printf(Locale.ROOT, "%-16s %12s %12s%n", "", "linear probe", "kNN");
        row("chance", new Evaluation.Result(evaluation.chance(), evaluation.chance()));
        results.forEach((name, result) -> {
            row(name, result);
            line.put("eval." + name.replace(' ', '_') + ".linear", result.linear());
            line.put("eval." + name.replace(' ', '_') + ".knn", result.knn());
        });
        log.write(line, trainer.steps());
        corrupt.addAll(evaluation.corruptFiles());
        record("complete", line);
        report();
    }

    /** Pictures and page come last: without them the run is complete, too. */
    private void report() {
        try {
            if (config.report().pictures() > 0) {
                Gallery gallery = evaluation.gallery(networks.backbones(), config.report());
                write(folder.path().resolve(RecordedRun.GALLERY), JSON.toJson(gallery));
            }
            Path page = folder.path().resolve(ReportPage.FILE);
            new ReportPage(List.of(RecordedRun.read(folder.path()))).write(page);
            System.err.println("report: " + page);
        } catch (UserError failed) {
            LOG.warn("There is no report: {}", failed.getMessage());
        }
    }

    private static void row(String name, Evaluation.Result result) {
        System.out.printf(Locale.ROOT, "%-16s %10.1f %% %10.1f %%%n", name, result.linear(), result.knn());
    }

    /** On the thread that writes checkpoints: {@code run.json} knows each of them, whatever happens next. */
    private synchronized void recordCheckpoint() {
        if (status.equals("training")) {
            record(status, Map.of());
        }
    }

    /** Writes {@code run.json}: what ran, with what, and how it ended. */
    private synchronized void record(String now, Map<String, ?> results) {
        status = now;
        Map<String, Object> run = new LinkedHashMap<>();
        run.put("name", config.name());
        run.put("status", status);
        run.put("updated", Instant.now().toString());
        run.put("seed", config.seed());
        run.put("device", deviceName);
        run.put("threads", threads);
        run.put("step", trainer.steps());
        run.put("epoch", trainer.epochs());
        boolean isOver = status.equals("complete") || status.equals("interrupted");
        run.putAll(isOver ? identity.whole() : identity.soFar());
        corrupt.addAll(loader.corruptFiles());
        run.put("corrupt", corrupt);
        run.put("results", results);
        write(folder.runJson(), JSON.toJson(run) + "\n");
    }

    /** A file of this name is replaced completely or, on a full disk, not at all. */
    private static void write(Path file, String text) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.writeString(part, text);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " cannot be written (" + failed.getMessage() + "); make room or choose another out=DIR.",
                    failed);
        }
    }

    @Override
    public void close() {
        endpoint.ifPresent(PrometheusEndpoint::close);
        meters.close();
        checkpoints.close();
        log.close();
        trainer.close();
        optimizer.close();
        method.close();
        arena.close();
        lock.close();
    }
}
