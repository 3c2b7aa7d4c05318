package io.contrast4j.eval;

import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batching;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.data.Views;
import io.contrast4j.dist.Alone;
import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Ranks;
import io.contrast4j.nn.Backbone;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.KeptDraws;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/** Judges frozen encoders: a linear probe and nearest neighbours, on the same features of the same pictures. */
public final class Evaluation {
    /** What rank 0 says instead of an accuracy where it is to stop. */
    private static final String STOPPED = "stopped";

    private final Config config;
    private final Dataset train;
    private final Dataset test;
    private final Views views;
    private final BatchLoader.Config loading;
    private final BatchLoader knownPictures;
    private final BatchLoader askedPictures;
    private final Device device;
    private final long seed;
    private final Ranks ranks;

    /**
     * @param views names of the views whose features are used, side by side; none for all
     * @param tap layer whose output is the feature
     * @param labelsPerClass how many labelled training pictures of each class are used; 0 for all
     * @param batchSize pictures that are encoded at a time
     * @param randomWeights whether encoders with random weights are judged too, for comparison
     * @param rawPixels whether the pixels of the views themselves are judged too
     * @param everyEpochs epochs between two evaluations while training; 0 for one at the end only
     * @param linear the linear classifier
     * @param knn the nearest-neighbour classifier
     */
    public record Config(
            List<String> views,
            String tap,
            int labelsPerClass,
            int batchSize,
            boolean randomWeights,
            boolean rawPixels,
            int everyEpochs,
            LinearProbe.Config linear,
            Knn.Config knn) {
        public Config {
            views = List.copyOf(views);
            new Problems()
                    .atLeast("labelsPerClass", labelsPerClass, 0)
                    .atLeast("batchSize", batchSize, 1)
                    .atLeast("everyEpochs", everyEpochs, 0)
                    .raise();
        }
    }

    /** Top-1 accuracies on the test set, in percent. */
    public record Result(double linear, double knn) {}

    /** In one process. */
    public Evaluation(
            Config config,
            Dataset train,
            Dataset test,
            Views views,
            BatchLoader.Config loading,
            Device device,
            long seed) {
        this(config, train, test, views, loading, device, seed, new Alone());
    }

    /**
     * @param seed of the probe's weights and order
     * @param ranks processes that share the work: each encodes its part of the pictures. All must evaluate at the same time,
     *     and have the numbers that one process has
     * @throws UserError if a view is unknown
     */
    public Evaluation(
            Config config,
            Dataset train,
            Dataset test,
            Views views,
            BatchLoader.Config loading,
            Device device,
            long seed,
            Ranks ranks) {
        this.ranks = ranks;
        this.config = config;
        this.train = train;
        this.test = test;
        this.views = views;
        this.loading = loading;
        this.device = device;
        this.seed = seed;
        this.knownPictures = loader(train, part(labelled()));
        this.askedPictures = loader(test, part(new EpochOrder.Sequential(test.size())));
        for (String name : config.views()) {
            if (!views.names().contains(name)) {
                throw new UserError(
                        UserError.USAGE,
                        "eval.views = " + config.views() + " names a view that is not there; the views are "
                                + String.join(", ", views.names()) + ".");
            }
        }
    }

    /**
     * Judges the encoders of the views, given in the order of the views. They are in evaluation mode afterwards.
     *
     * @throws UserError if they have no such layer
     */
    public Result of(List<Backbone> backbones) {
        return of(backbones, () -> false);
    }

    /**
     * The same, for a training that may have to stop.
     *
     * @param stop asked before each batch and each pass of the probe
     * @throws CancellationException where it says true
     */
    public Result of(List<Backbone> backbones, BooleanSupplier stop) {
        int classes = train.classes().size();
        takeStatistics(backbones);
        // Neither the weights of the probe nor anything else may change what the training draws.
        try (KeptDraws draws = KeptDraws.open();
                Features known = features(backbones, knownPictures, stop, ranks);
                Features asked = features(backbones, askedPictures, stop, ranks)) {
            SharedUnreadable.among(ranks, knownPictures);
            SharedUnreadable.among(ranks, askedPictures);
            double knn = new Knn(config.knn()).accuracy(known, asked, classes, ranks);
            return new Result(probe(known, asked, classes, stop), knn);
        }
    }

    /**
     * How often the network of the first view is right on the test pictures, in percent.
     *
     * @param tap whose output is one number for each class
     * @param stop asked before each batch
     * @throws CancellationException where it says true
     */
    public double classified(List<Backbone> backbones, String tap, BooleanSupplier stop) {
        takeStatistics(backbones);
        Backbone network = backbones.get(0);
        try (KeptDraws draws = KeptDraws.open();
                Features asked = Features.extract(Map.of(0, network), tap, askedPictures, device, stop, ranks)) {
            SharedUnreadable.among(ranks, askedPictures);
            return Accuracy.top(asked.values(), asked.labels(), 1);
        }
    }

    /** What rank 0 has found, however long that takes: the steps of a probe are too short to be shared. */
    private double probe(Features known, Features asked, int classes, BooleanSupplier stop) {
        String found = Exchange.byFirst(ranks, () -> {
            try {
                return Double.toString(new LinearProbe(config.linear(), seed).accuracy(known, asked, classes, stop));
            } catch (CancellationException stopped) {
                return STOPPED;
            }
        });
        Stopping.check(() -> found.equals(STOPPED));
        return Double.parseDouble(found);
    }

    /**
     * All ranks judge the networks of rank 0: in training, the running statistics of batch norms are each rank's own until the
     * next step begins.
     */
    private void takeStatistics(List<Backbone> backbones) {
        if (ranks.world().isAlone()) {
            return;
        }
        try (Scope scope = Scope.open()) {
            List<Tensor> statistics = new ArrayList<>();
            for (Backbone backbone : backbones) {
                Map<String, Tensor> buffers = StateDict.of(backbone.module());
                buffers.keySet()
                        .removeAll(StateDict.parameters(backbone.module()).keySet());
                statistics.addAll(buffers.values());
            }
            ranks.broadcast(statistics);
        }
    }

    private EpochOrder part(EpochOrder whole) {
        return ranks.world().isAlone()
                ? whole
                : new EpochOrder.EveryNthBatch(
                        whole, ranks.world().rank(), ranks.world().size(), config.batchSize());
    }

    /** Judges the pixels of the views, as if they were features. */
    public Result ofPixels() {
        return of(Collections.nCopies(views.count(), new Pixels(config.tap())));
    }

    /** Pictures to look at, encoded by this process alone: where their features lie, and which are next to each other. */
    public Gallery gallery(List<Backbone> backbones, Gallery.Config shown) {
        return new GalleryMaker(shown, train, test)
                .make(
                        (dataset, indices) -> {
                            BatchLoader pictures = loader(dataset, new EpochOrder.Chosen(indices));
                            pictures.known(dataset == train ? knownPictures : askedPictures);
                            return features(backbones, pictures, () -> false, new Alone());
                        },
                        labelled().indices(0),
                        config.tap());
    }

    private Features features(List<Backbone> backbones, BatchLoader pictures, BooleanSupplier stop, Ranks sharing) {
        Map<Integer, Backbone> chosen = new LinkedHashMap<>();
        for (String name : config.views().isEmpty() ? views.names() : config.views()) {
            int view = views.names().indexOf(name);
            chosen.put(view, backbones.get(view));
            if (!backbones.get(view).taps().contains(config.tap())) {
                throw new UserError(
                        UserError.USAGE,
                        "eval.tap = " + config.tap() + " is no layer of the encoder; it has "
                                + String.join(", ", backbones.get(view).taps()) + ".");
            }
        }
        return Features.extract(chosen, config.tap(), pictures, device, stop, sharing);
    }

    /** Takes over from the training which pictures cannot be read, so that they are not named again. */
    public void known(BatchLoader training) {
        knownPictures.known(training);
    }

    /** The pictures of both parts that could not be read so far. */
    public List<String> corruptFiles() {
        List<String> files = new ArrayList<>(knownPictures.corruptFiles());
        files.addAll(askedPictures.corruptFiles());
        return files;
    }

    private BatchLoader loader(Dataset dataset, EpochOrder order) {
        return new BatchLoader(
                dataset, views, order, new Batching(config.batchSize(), Batching.Last.KEEP), seed, loading);
    }

    /** The first pictures of each class, as many as there are labels for. */
    private EpochOrder labelled() {
        List<Integer> chosen = new ArrayList<>();
        Map<Integer, Integer> counts = new HashMap<>();
        for (int i = 0; i < train.size(); i++) {
            int count = counts.merge(train.label(i), 1, Integer::sum);
            if (config.labelsPerClass() == 0 || count <= config.labelsPerClass()) {
                chosen.add(i);
            }
        }
        return new EpochOrder.Chosen(chosen.stream().mapToInt(i -> i).toArray());
    }

    /** What guessing the most frequent class of the test set gives, in percent. */
    public double chance() {
        Map<Integer, Integer> counts = new HashMap<>();
        for (int i = 0; i < test.size(); i++) {
            counts.merge(test.label(i), 1, Integer::sum);
        }
        return 100.0 * counts.values().stream().mapToInt(c -> c).max().orElse(0) / test.size();
    }
}
