package io.contrast4j.cli;

import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batching;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.data.Fingerprint;
import io.contrast4j.data.SomeOf;
import io.contrast4j.dist.World;
import io.contrast4j.eval.Labels;
import io.contrast4j.method.FineTune;
import io.contrast4j.method.OneStage;
import io.contrast4j.model.ModelFile;
import io.contrast4j.spec.UserError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The pictures of a run: those that it learns from, those whose classes are known when it is judged, and those it is tested on. */
final class RunPictures {
    private final RunConfig config;
    private final Dataset train;
    private final Dataset labelled;
    private final Dataset test;
    private final Map<String, List<String>> lists = new LinkedHashMap<>();

    /** @throws UserError if they are not there or not usable */
    RunPictures(RunConfig config) {
        this.config = config;
        Dataset all = config.data().openTrain();
        boolean isFineTuned = config.method() instanceof FineTune.Config;
        if (config.labels().isAll() && !isFineTuned) {
            this.train = all;
        } else {
            int[] chosen = config.labels().of(all, Run.Stream.LABELS.of(config.seed()));
            this.train = new SomeOf(all, chosen);
            if (!config.labels().isAll()) {
                lists.put("labels.txt", Labels.names(all, chosen));
            }
        }
        this.labelled = config.data().openLabelled(train);
        this.test = config.data().openTest();
        if (isFineTuned || config.method() instanceof OneStage.Config) {
            lists.put(ModelFile.CLASSES, train.classes());
        }
    }

    /** All training pictures, or those whose labels are used. */
    Dataset train() {
        return train;
    }

    /** Those that are known when the run is judged. */
    Dataset labelled() {
        return labelled;
    }

    Dataset test() {
        return test;
    }

    /** Lists for the run's folder, by the names of their files: see {@link RunBook#keep}. */
    Map<String, List<String>> lists() {
        return lists;
    }

    /** By which another process, or a later one, knows that it has the same pictures. */
    Map<String, Fingerprint> fingerprints() {
        Map<String, Fingerprint> prints = new LinkedHashMap<>();
        prints.put("train", Fingerprint.of(train));
        prints.put("test", Fingerprint.of(test));
        return prints;
    }

    /**
     * Loads a process's part of each batch.
     *
     * @throws UserError if a batch is larger than the training set
     */
    BatchLoader loader(Share share, World world) {
        if (train.size() < config.train().batchSize()) {
            throw new UserError(
                    UserError.USAGE,
                    "train.batch-size = " + config.train().batchSize() + " is more than the " + train.size()
                            + " training pictures; choose a smaller one.");
        }
        EpochOrder order = new EpochOrder.Shuffled(train.size(), Run.Stream.ORDER.of(config.seed()));
        EpochOrder own =
                world.isAlone() ? order : new EpochOrder.BatchPart(order, world.rank(), world.size(), share.pictures());
        Batching batching = new Batching(share.pictures(), Batching.Last.DROP);
        long seed = Run.Stream.VIEWS.of(config.seed());
        return switch (config.augmentOn()) {
            case CPU ->
                new BatchLoader(train, config.views().random(), config.mixture(), own, batching, seed, share.loader());
            case DEVICE -> new BatchLoader(train, config.views().deferred(), own, batching, seed, share.loader());
        };
    }

    @Override
    public String toString() {
        return train.size() + " training pictures, " + test.size() + " test pictures, "
                + train.classes().size() + " classes";
    }
}
