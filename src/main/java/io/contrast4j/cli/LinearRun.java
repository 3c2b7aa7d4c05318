package io.contrast4j.cli;

import io.contrast4j.checkpoint.CheckpointStore;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batching;
import io.contrast4j.data.CropViews;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.data.Views;
import io.contrast4j.eval.CachedFeatures;
import io.contrast4j.eval.FeatureSource;
import io.contrast4j.eval.FreshFeatures;
import io.contrast4j.eval.FrozenEncoder;
import io.contrast4j.eval.LinearEvaluation;
import io.contrast4j.eval.Standardization;
import io.contrast4j.model.TrainedModel;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.LinearHead;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * One linear evaluation, wired together from its configuration. After an epoch, at most every few seconds, its whole state is
 * saved, from which it goes on to the same bits.
 */
final class LinearRun implements AutoCloseable {
    private static final long SAVE_NANOS = 5_000_000_000L;
    private static final String STATE = "state";

    private final EvalConfig config;
    private final ConfigFile file;
    private final LinearProtocol protocol;
    private final Subject subject;
    private final BooleanSupplier stop;
    private final Deque<Runnable> closing = new ArrayDeque<>();
    private final RunFolder folder;
    private final EvalResults results;
    private final Map<String, LinearHead.Plan> heads = new LinkedHashMap<>();
    private final FeatureSource train;
    private final FeatureSource test;
    private final FrozenEncoder frozen;
    private final LinearEvaluation evaluation;
    private final LinearLog log;
    private Optional<Standardization> standardization = Optional.empty();
    private long saved;

    /**
     * @param earlier the folder of the evaluation that this goes on with
     * @param stop asked before each batch
     * @throws UserError if the configuration does not fit the model or the data, or the folder
     * @throws CancellationException if it is to stop while features are computed that are kept
     */
    LinearRun(EvalConfig config, ConfigFile file, Subject subject, Optional<RunFolder> earlier, BooleanSupplier stop) {
        this.config = config;
        this.file = file;
        this.protocol = config.linear();
        this.subject = subject;
        this.stop = stop;
        try {
            Optional<Backbone.Config> encoder =
                    subject.trained().map(model -> model.description().network().encoder());
            subject.outputs().forEach(output -> heads.put(output, protocol.head(encoder, output)));
            this.frozen = new FrozenEncoder(subject.backbones(), heads, protocol.encoderMode(), subject.device());
            int[] all = IntStream.range(0, subject.test().size()).toArray();
            FreshFeatures asked = FreshFeatures.toTest(frozen, subject.loader(subject.test(), all));
            this.evaluation = owned(new LinearEvaluation(
                    protocol.plan(config.optimizer(), config.schedule()),
                    new LinearEvaluation.Setting(
                            frozen.lengths(subject.views()),
                            subject.classes().size(),
                            ScalarType.Float,
                            subject.device(),
                            Run.Stream.PROBE.of(config.seed()))));
            earlier.ifPresent(before -> requireSame(before, file));
            this.folder = earlier.orElseGet(() -> RunFolder.create(config.out().resolve(config.name())));
            owned(RunLock.take(folder.path()));
            this.results = EvalResults.in(folder, "linear", config, file, subject);
            this.log = owned(new LinearLog(
                    folder,
                    earlier.map(this::restored).orElse(0L),
                    evaluation.epochs(),
                    protocol.features() == LinearProtocol.Kept.AUGMENTED));
            if (protocol.features() == LinearProtocol.Kept.AUGMENTED) {
                this.train = FreshFeatures.toTrain(frozen, augmented());
                this.test = asked;
            } else {
                long began = System.nanoTime();
                CachedFeatures known = cached(
                        FreshFeatures.toTest(frozen, subject.loader(subject.train(), subject.labelled())),
                        rows -> new EpochOrder.Shuffled(rows, Run.Stream.ORDER.of(config.seed())),
                        protocol.batchSize());
                CachedFeatures tested =
                        cached(asked, EpochOrder.Sequential::new, config.model().batchSize());
                if (protocol.standardize()) {
                    Standardization same = owned(Standardization.of(known.vectors()));
                    same.apply(known.vectors());
                    same.apply(tested.vectors());
                    this.standardization = Optional.of(same);
                }
                this.train = known;
                this.test = tested;
                System.err.printf(Locale.ROOT, "features: computed in %.1f s%n", (System.nanoTime() - began) / 1e9);
            }
        } catch (RuntimeException | Error failed) {
            close();
            throw failed;
        }
    }

    private <T extends AutoCloseable> T owned(T part) {
        closing.push(() -> {
            try {
                part.close();
            } catch (RuntimeException failed) {
                throw failed;
            } catch (Exception impossible) {
                throw new IllegalStateException(impossible);
            }
        });
        return part;
    }

    private CachedFeatures cached(FreshFeatures once, IntFunction<EpochOrder> order, int batchSize) {
        return owned(CachedFeatures.of(once, order, new Batching(batchSize, Batching.Last.KEEP), stop));
    }

    /** Random crops of the labelled training pictures, by the model's own views: one for each of its networks. */
    private BatchLoader augmented() {
        Dataset pictures = subject.train();
        CropViews.Config own = subject.viewsConfig();
        Views random = new CropViews.Config(
                        subject.views().count() / own.groups().size(),
                        own.size(),
                        own.transforms(),
                        own.space(),
                        own.groups(),
                        own.normalization(),
                        Optional.empty(),
                        own.evaluation())
                .random();
        return new BatchLoader(
                pictures,
                random,
                new EpochOrder.ShuffledSome(Run.Stream.ORDER.of(config.seed()), subject.labelled()),
                new Batching(protocol.batchSize(), Batching.Last.KEEP),
                Run.Stream.VIEWS.of(config.seed()),
                subject.loading());
    }

    private static void requireSame(RunFolder before, ConfigFile file) {
        try {
            if (!Files.readString(before.config()).equals(file.render(EvalConfig.class))) {
                throw new UserError(
                        UserError.USAGE,
                        "The evaluation in " + before.path()
                                + " has another configuration (config.conf there), with which"
                                + " it cannot go on; leave out --resume to begin a new one.");
            }
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    before.config() + " cannot be read (" + Reasons.of(failed) + "); begin a new evaluation.",
                    failed);
        }
    }

    /** Whether a folder is of a linear evaluation that has saved its state. */
    static boolean canGoOn(RunFolder folder) {
        return store(folder).hasNumbered();
    }

    /** @return where its log goes on */
    private long restored(RunFolder before) {
        Optional<Path> file = store(before).latest();
        if (file.isEmpty()) {
            return 0;
        }
        String source = file.get().toString();
        try (Scope scope = Scope.open()) {
            Map<?, ?> content = PthFile.readMap(file.get());
            if (!(content.get("linear") instanceof Map<?, ?> state)
                    || !(content.get("encoder") instanceof Map<?, ?> drifted)
                    || !(content.get("log") instanceof Long position)) {
                throw new UserError(UserError.FAILED, source + " is no state of a linear evaluation.");
            }
            @SuppressWarnings("unchecked")
            Map<String, ?> own = (Map<String, ?>) state;
            evaluation.restore(own, source);
            @SuppressWarnings("unchecked")
            Map<String, ?> statistics = (Map<String, ?>) drifted;
            frozen.restore(statistics, source);
            return position;
        }
    }

    private static CheckpointStore store(RunFolder folder) {
        return new CheckpointStore(folder.path().resolve(STATE), 1);
    }

    /**
     * Trains to the end.
     *
     * @return false if it was stopped; it can go on then
     */
    boolean train() {
        System.err.println("folder: " + folder.path()
                + (folder.resumed() ? " (resumed after epoch " + evaluation.epochs() + ")" : ""));
        boolean hasRates = evaluation.standings().values().iterator().next().size() > 1;
        LinearEvaluation.Watch watch = new LinearEvaluation.Watch() {
            @Override
            public boolean isToStop() {
                return stop.getAsBoolean();
            }

            @Override
            public void step(long pictures) {
                log.step(pictures);
            }
        };
        boolean isFirst = true;
        int epoch = evaluation.epochs();
        try {
            while (evaluation.epochs() < protocol.epochs()) {
                epoch = evaluation.epochs() + 1;
                if (isFirst || protocol.features() == LinearProtocol.Kept.AUGMENTED) {
                    log.begin(evaluation.epochs(), protocol.epochs(), train.batches());
                }
                List<LinearEvaluation.Outcome> outcomes = evaluation.epoch(train, test, watch);
                log.end(evaluation.epochs(), outcomes, hasRates);
                if (isFirst || evaluation.epochs() == protocol.epochs() || System.nanoTime() - saved > SAVE_NANOS) {
                    save();
                }
                isFirst = false;
            }
            log.complete();
            return true;
        } catch (CancellationException stopped) {
            log.clear();
            System.err.println("interrupted in epoch " + epoch + "; go on with --resume");
            return false;
        }
    }

    private void save() {
        try (Scope scope = Scope.open()) {
            Map<String, Object> content = new LinkedHashMap<>();
            content.put("linear", evaluation.state());
            content.put("encoder", frozen.state());
            content.put("log", log.position());
            store(folder).save("epoch-" + evaluation.epochs(), content);
        }
        saved = System.nanoTime();
    }

    /** Prints and writes what it has come to. */
    void complete() {
        LinearSummary summary = new LinearSummary(evaluation, subject.classes());
        summary.print();
        summary.tables(folder.path());
        results.put("linear", summary.rows());
        // Where no picture was ever right there is no best classifier to save.
        subject.trained().filter(model -> summary.hasClassifiers()).ifPresent(model -> {
            Path file = saveModel(model, summary);
            System.out.println("model: " + file);
        });
        String key = subject.about() + (protocol.experiment().isEmpty() ? "" : "_" + protocol.experiment());
        Path shared = config.out().resolve(config.name()).resolve("results.json");
        new SharedResults(shared).put(key, summary.selfCon());
        results.complete();
    }

    private Path saveModel(TrainedModel model, LinearSummary summary) {
        @SuppressWarnings("unchecked")
        Map<String, @Nullable Object> pictures = (Map<String, @Nullable Object>)
                ConfigFile.values(file.render(EvalConfig.class)).get("data");
        try (Scope scope = Scope.open()) {
            return new CheckpointStore(folder.checkpoints(), 1)
                    .save(
                            "classified-" + evaluation.epochs(),
                            summary.model(
                                    model,
                                    List.copyOf(subject.backbones().keySet()),
                                    heads,
                                    protocol,
                                    standardization,
                                    pictures));
        }
    }

    @Override
    public void close() {
        while (!closing.isEmpty()) {
            closing.pop().run();
        }
    }
}
