package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Fingerprint;
import io.contrast4j.data.MemoryFormat;
import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Gradients;
import io.contrast4j.dist.LostRank;
import io.contrast4j.dist.Ranks;
import io.contrast4j.eval.Evaluation;
import io.contrast4j.eval.SharedUnreadable;
import io.contrast4j.method.FineTune;
import io.contrast4j.method.Method;
import io.contrast4j.method.Replicated;
import io.contrast4j.metrics.PrometheusEndpoint;
import io.contrast4j.negatives.Measure;
import io.contrast4j.nn.ChannelsLast;
import io.contrast4j.nn.DataParallel;
import io.contrast4j.nn.FineTunedNetwork;
import io.contrast4j.nn.Networks;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.TwoRates;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.GpuFailure;
import io.contrast4j.tensor.OutOfMemory;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.train.ContrastSection;
import io.contrast4j.train.Observer;
import io.contrast4j.train.RunCheckpoint;
import io.contrast4j.train.Trainer;
import java.io.BufferedReader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run, wired together from its configuration: opens the data, builds encoders, stores and optimizer, takes up a
 * checkpoint, trains, evaluates. It owns everything native and closes it in reverse order.
 *
 * <p>Of several processes that share a run each has one of these, and all go through the same steps. The first finds out what
 * is gone on from, tells the others, and keeps the {@link RunBook}.
 */
final class Run implements AutoCloseable {
    /** What a seed is for; each use has random numbers of its own. */
    enum Stream {
        WEIGHTS,
        BANK,
        ORDER,
        VIEWS,
        DRAWS,
        PROBE,
        LABELS;

        long of(long seed) {
            return CounterRandom.key(seed, ordinal());
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(Run.class);

    private final RunConfig config;
    private final Device device;
    private final Ranks ranks;
    private final Share share;
    private final DataParallel parallel;
    private final RunPictures pictures;
    private final Arena arena = new Arena();
    private final BatchLoader loader;
    private final Evaluation evaluation;
    private final Networks networks;
    private final Exam exam;
    private final Method method;
    private final Optimizer optimizer;
    private final Schedule schedule;
    private final Gradients gradients;
    private final Trainer trainer;

    /** Kept by the first process only. */
    private final Optional<RunBook> book;

    /**
     * @param rendered the resolved configuration as HOCON, for the run's folder
     * @param resume what to go on from
     * @param allowed in what the configuration may differ from that of the run that goes on
     * @param place closed by the caller, after this
     * @throws UserError if the data or the checkpoint is not usable
     */
    Run(RunConfig config, String rendered, Resume resume, AllowedChanges allowed, Workplace place) {
        this.config = config;
        this.device = place.device();
        this.ranks = place.ranks();
        this.share = Share.of(config, ranks.world()).on(device);
        this.parallel = new DataParallel(
                arena.own(() -> Devices.replicas(device, config.dataParallel().replicas())));
        this.pictures = new RunPictures(config);
        this.loader = pictures.loader(share, ranks.world());
        config.parts().requireItems(pictures.train().size());
        this.evaluation = new Evaluation(
                config.eval(),
                pictures.labelled(),
                pictures.test(),
                config.evaluatedViews(),
                share.loader(),
                device,
                Stream.PROBE.of(config.seed()),
                ranks);
        this.networks = newNetworks();
        this.exam = newExam();
        FirstRank first = new FirstRank(ranks);
        boolean isFirst = ranks.world().isFirst();
        Optional<PrometheusEndpoint> endpoint =
                isFirst ? config.metrics().prometheus().open() : Optional.empty();
        Map<String, Fingerprint> data = pictures.fingerprints();
        SameData.require(ranks, data);
        Optional<Resumption> found = first.made(() -> Resumption.find(config, rendered, resume, allowed, data));
        Optional<Path> from = first.toAll(found.flatMap(Resumption::checkpoint));
        if (from.isEmpty()) {
            Optional<String> source = config.pretrained().into(networks.module());
            source.filter(known -> isFirst).ifPresent(known -> System.err.println("weights: " + known));
        }
        // Everything that can be wrong with the input is known by now: only then is a folder made.
        Optional<RunBook.Place> folder = found.map(resumption -> RunBook.Place.of(resumption, config, endpoint));
        this.method = newMethod();
        try (Scope scope = Scope.open()) {
            this.optimizer = optimizer(config, StateDict.parameters(networks.module()));
        }
        double base = config.schedule()
                .base(config.optimizer().learningRate(), config.train().samplesPerStep());
        optimizer.learningRate(base);
        this.schedule = config.schedule().build(base, config.train().epochs());
        this.gradients = Gradients.of(ranks, networks.module(), config.distributed());
        this.trainer = new Trainer(
                config.train(),
                config.checkpoint(),
                networks.module(),
                method,
                optimizer,
                schedule,
                loader,
                device,
                Stream.DRAWS.of(config.seed()),
                gradients);
        RunBook.Subject subject = new RunBook.Subject(
                device, ranks.world(), data, loader, networks.module(), trainer, log -> content(log, rendered));
        if (!isFirst) {
            from.ifPresent(content(new RankLog(loader), rendered)::restore);
        }
        this.book = first.made(() -> new RunBook(folder.orElseThrow(), config, rendered, subject));
    }

    /**
     * What the first process does with its book, however long that takes; the others wait for it. So none ends before the run's
     * folder is complete: whatever has started the processes may end all when one has ended.
     */
    private void byFirst(Consumer<RunBook> work) {
        Exchange.byFirst(ranks, () -> {
            work.accept(book.orElseThrow());
            return "";
        });
    }

    private static Optimizer optimizer(RunConfig config, Map<String, Tensor> parameters) {
        return config.method() instanceof FineTune.Config fine
                ? TwoRates.of(config.optimizer(), parameters, FineTunedNetwork.CLASSIFIER, fine.headRate())
                : config.optimizer().build(parameters.values());
    }

    /** Networks as they are before any training: the same for the same seed. */
    private Networks newNetworks() {
        torch.manual_seed(Stream.WEIGHTS.of(config.seed()));
        return arena.own(() -> {
            Networks fresh = OutOfMemory.told(
                    "the network",
                    "take a smaller one (encoder.*), or a GPU with more memory",
                    () -> config.method().networks(share.parts(), setting()));
            if (config.loader().memoryFormat() == MemoryFormat.CHANNELS_LAST) {
                ChannelsLast.weights(fresh.module());
            }
            return fresh;
        });
    }

    private Exam newExam() {
        int tested = pictures.test().size();
        return config.method() instanceof FineTune.Config
                ? new ClassifierExam(evaluation, networks, tested)
                : new FrozenExam(evaluation, config.eval(), networks, this::newNetworks, tested);
    }

    private Method newMethod() {
        torch.manual_seed(Stream.BANK.of(config.seed()));
        Method.Setting setting = setting();
        return Replicated.of(config.method().build(networks, share.parts(), setting), share.parts(), setting);
    }

    private Method.Setting setting() {
        return new Method.Setting(
                pictures.train().size(),
                pictures.train().classes().size(),
                ScalarType.Float,
                device,
                ranks,
                config.distributed(),
                parallel);
    }

    private RunCheckpoint content(Stateful log, String rendered) {
        return new RunCheckpoint(
                ConfigFile.values(rendered),
                networks.module(),
                method,
                new ContrastSection(ContrastSection.Constants.of(config.parts())),
                optimizer,
                trainer,
                log);
    }

    /** Measures what it costs to watch this run, which must log every {@link StepBench#LOG_EVERY} steps. */
    StepBench bench(int logEvery) {
        RunBook kept = book.orElseThrow();
        return new StepBench(
                trainer,
                logEvery,
                kept.log(),
                () -> kept.checkpoints().save(trainer.steps(), Map.of()),
                kept.checkpoints()::finish);
    }

    int stepsPerEpoch() {
        return trainer.stepsPerEpoch();
    }

    /** Its steps, one for each line. */
    PacedSteps paced(BufferedReader turns, PrintStream answers) {
        return new PacedSteps(trainer, device, turns, answers);
    }

    /**
     * Trains to the end and evaluates.
     *
     * @return false if it was interrupted; a checkpoint is saved then
     * @throws LostRank if another process is gone; a checkpoint is saved then, too
     */
    boolean train() {
        book.ifPresent(kept -> {
            describe();
            kept.keep(pictures.lists());
            kept.begin();
        });
        Duration grace = config.train().shutdownGrace();
        // Of several processes the first saves, and says so.
        String tooLate = book.isEmpty()
                ? ""
                : "interrupted: the state was not saved within train.shutdown-grace = " + grace.toMillis() / 1e3
                        + " s; --resume goes on from the checkpoint before";
        try (Interrupt interrupt = Interrupt.install(grace, tooLate)) {
            Observer observer = book.<Observer>map(RunBook::log).orElseGet(() -> new RankLog(loader));
            boolean complete = trainer.run(observer, events(), this::isToStop);
            byFirst(kept -> {
                kept.settle();
                if (complete) {
                    kept.record("evaluating", Map.of());
                }
            });
            if (complete) {
                interrupt.needNotWait(
                        book.isEmpty() ? "" : "interrupted: the training is complete; --resume evaluates it");
            }
            if (!complete || isInterrupted()) {
                byFirst(RunBook::interrupted);
                return false;
            }
            evaluate();
            return true;
        } catch (LostRank lost) {
            book.ifPresent(kept -> kept.lost(lost));
            throw lost;
        } catch (RuntimeException failure) {
            RuntimeException told = told(failure);
            book.ifPresent(kept -> kept.recordFailure(told));
            throw told;
        } catch (Error failure) {
            book.ifPresent(kept -> kept.recordFailure(failure));
            throw failure;
        }
    }

    /** In one sentence, where it is a GPU that has failed or memory that is not there; what LibTorch says is in the log. */
    private RuntimeException told(RuntimeException failure) {
        if (OutOfMemory.is(failure)) {
            return OutOfMemory.error(failure);
        }
        return GpuFailure.said(failure)
                .<RuntimeException>map(said -> {
                    LOG.info("a GPU has failed after step {}", trainer.steps(), failure);
                    String kept = "; nothing was saved after that"
                            + book.flatMap(RunBook::lastCheckpoint)
                                    .map(file -> ": --resume goes on from " + file)
                                    .orElse("");
                    return GpuFailure.error(
                            failure, Devices.name(device), said + " after step " + trainer.steps(), kept);
                })
                .orElse(failure);
    }

    /** All evaluate, or none does: a signal may have come to one process alone. */
    private boolean isInterrupted() {
        return Exchange.sum(ranks, Interrupt.inProgress() ? 1 : 0)[0] > 0;
    }

    /** Asked before each step: a checkpoint that could not be written ends the run. */
    private boolean isToStop() {
        book.ifPresent(kept -> kept.checkpoints().check());
        return Interrupt.inProgress();
    }

    private void describe() {
        System.err.printf(
                Locale.ROOT,
                "%s: %s%s%n",
                config.name(),
                pictures,
                ranks.world().isAlone() ? "" : "; " + ranks.world().size() + " processes");
        if (parallel.devices().size() > 1) {
            System.err.println("data-parallel: " + parallel.plan(config.train().batchSize()));
        }
    }

    private Trainer.Events events() {
        return new Trainer.Events() {
            @Override
            public void checkpoint() {
                shareUnreadable();
                // It may wait for the one before.
                byFirst(RunBook::save);
            }

            @Override
            public Path inspection() {
                return Path.of(Exchange.byFirst(
                        ranks,
                        () -> book.orElseThrow().checkpoints().inspection().toString()));
            }

            @Override
            public Map<String, Double> validation(int epochs) {
                // The line of the epoch follows.
                SharedUnreadable.among(ranks, loader);
                return isEvaluatedAfter(epochs) ? validated() : Map.of();
            }
        };
    }

    /** For a checkpoint: where a rank is lost, what the others have not told before stays unknown. */
    private void shareUnreadable() {
        try {
            SharedUnreadable.among(ranks, loader);
        } catch (LostRank lost) {
            // What comes next finds out as well; the state must be saved without.
            LOG.debug("which pictures cannot be read is not known of all ranks", lost);
        }
    }

    /** A threshold that follows the accuracy must be told it; it is asked for after each epoch unless less is enough. */
    private boolean isEvaluatedAfter(int epochs) {
        int every = config.eval().everyEpochs();
        return every > 0 ? epochs % every == 0 : method.follows().equals(Optional.of(Measure.ACCURACY));
    }

    private Map<String, Double> validated() {
        prepareEvaluation();
        return exam.validated();
    }

    /**
     * What the training could not read is not named again. Of several processes all encode pictures: with the running statistics
     * of the first, as they are in a checkpoint.
     */
    private void prepareEvaluation() {
        if (pictures.labelled() == pictures.train()) {
            evaluation.known(loader);
        }
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> buffers = StateDict.of(networks.module());
            buffers.keySet().removeAll(StateDict.parameters(networks.module()).keySet());
            ranks.broadcast(List.copyOf(buffers.values()));
        }
    }

    /** What the run has come to, which all find out together. */
    private void evaluate() {
        prepareEvaluation();
        Exam.Verdict verdict = exam.verdict();
        byFirst(kept -> {
            System.out.print(verdict.text());
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("step", trainer.steps());
            line.put("eval.chance", evaluation.chance());
            line.putAll(verdict.line());
            kept.complete(line, evaluation.corruptFiles());
            kept.report(() -> evaluation.gallery(networks.backbones(), config.report()));
        });
    }

    @Override
    public void close() {
        book.ifPresent(RunBook::close);
        trainer.close();
        gradients.close();
        optimizer.close();
        method.close();
        parallel.close();
        arena.close();
    }
}
