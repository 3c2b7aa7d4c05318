package io.contrast4j.cli;

import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batching;
import io.contrast4j.data.CropViews;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.data.Sample;
import io.contrast4j.data.Views;
import io.contrast4j.dist.Alone;
import io.contrast4j.eval.Features;
import io.contrast4j.eval.Pixels;
import io.contrast4j.model.Description;
import io.contrast4j.model.ModelFile;
import io.contrast4j.model.TrainedModel;
import io.contrast4j.nn.Backbone;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The model that an evaluation judges, and the pictures: opened together, closed together. */
final class Subject implements AutoCloseable {
    private static final String PIXELS = "pixels";

    private final Arena arena = new Arena();
    private final EvalConfig config;
    private final String about;
    private final Device device;
    private Optional<ModelFile> source = Optional.empty();
    private Optional<TrainedModel> trained = Optional.empty();
    private final CropViews.Config viewsConfig;
    private final Views views;
    private final Map<Integer, Backbone> backbones = new LinkedHashMap<>();
    private final List<String> outputs;
    private final Dataset train;
    private final Dataset test;
    private final int[] labelled;

    private Subject(EvalConfig config) {
        this.config = config;
        try {
            this.device = arena.own(() -> Devices.choose(config.device()));
            config.backend().apply();
            this.train = config.data().openLabelled(config.data().openTrain());
            this.test = config.data().openTest();
            this.labelled = config.labels().of(train, Run.Stream.LABELS.of(config.seed()));
            requireLabels(test);
            if (config.model() instanceof JudgedModel.File file) {
                ModelFile read = new ModelFile(file.path(), file.part(), file.settings());
                this.source = Optional.of(read);
                TrainedModel model = opened(read);
                this.trained = Optional.of(model);
                this.viewsConfig = model.viewsConfig();
                this.views = model.views();
                model.chosen(file.views())
                        .forEach(view -> backbones.put(view, model.backbones().get(view)));
                this.outputs = file.outputs().isEmpty()
                        ? List.of(model.usualOutput())
                        : file.outputs().stream().map(model::output).toList();
                this.about = read.file().toString();
            } else {
                this.viewsConfig = ((JudgedModel.Pixels) config.model()).views();
                this.views = viewsConfig.central(1);
                this.outputs = List.of(PIXELS);
                backbones.put(0, new Pixels(PIXELS));
                this.about = PIXELS;
            }
        } catch (RuntimeException | Error failed) {
            close();
            throw failed;
        }
    }

    /** @throws UserError if model or data are not there or not usable, or a picture has no label */
    static Subject open(EvalConfig config) {
        Natives.announce();
        return new Subject(config);
    }

    private TrainedModel opened(ModelFile file) {
        TrainedModel[] model = new TrainedModel[1];
        try (Scope scope = Scope.open()) {
            Description description = file.read();
            model[0] = new TrainedModel(description, file.file().toString(), config.device());
        }
        return model[0];
    }

    private static void requireLabels(Dataset test) {
        for (int i = 0; i < test.size(); i++) {
            if (test.label(i) == Sample.UNLABELLED) {
                throw new UserError(
                        UserError.USAGE,
                        "The test picture " + test.describe(i)
                                + " has no label; evaluations take data whose test pictures all have one.");
            }
        }
    }

    /** What is judged, in a few words. */
    String about() {
        return about;
    }

    Device device() {
        return device;
    }

    /** How its batches are loaded. */
    BatchLoader.Config loading() {
        return config.loader().on(device);
    }

    /** The model, unless pixels are judged. */
    Optional<TrainedModel> trained() {
        return trained;
    }

    /** The networks that are judged, by the number of the view that they see. */
    Map<Integer, Backbone> backbones() {
        return backbones;
    }

    /** How pictures become the model's input; {@link CropViews.Config#random} are those of its training. */
    CropViews.Config viewsConfig() {
        return viewsConfig;
    }

    /** The middle of a picture, by the model's own settings: a view for each network. */
    Views views() {
        return views;
    }

    /** The layers that are judged. */
    List<String> outputs() {
        return outputs;
    }

    /** All training pictures with labels. */
    Dataset train() {
        return train;
    }

    /** The training pictures whose labels may be used, by their indices, ascending. */
    int[] labelled() {
        return labelled.clone();
    }

    Dataset test() {
        return test;
    }

    List<String> classes() {
        return train.classes();
    }

    /** Of the middle of some pictures. */
    BatchLoader loader(Dataset dataset, int[] indices) {
        return loader(dataset, indices, views);
    }

    /** Of some views of some pictures. */
    BatchLoader loader(Dataset dataset, int[] indices, Views rendered) {
        return new BatchLoader(
                dataset,
                rendered,
                new EpochOrder.Chosen(indices),
                new Batching(config.model().batchSize(), Batching.Last.KEEP),
                Run.Stream.VIEWS.of(config.seed()),
                loading());
    }

    /** The features of each of {@link #outputs} of the labelled training pictures; the caller closes them. */
    List<Features> trainFeatures() {
        return features(loader(train, labelled));
    }

    /** The features of each of {@link #outputs} of the test pictures; the caller closes them. */
    List<Features> testFeatures() {
        return features(loader(test, IntStream.range(0, test.size()).toArray()));
    }

    /**
     * The features of each of {@link #outputs} of two random views of each test picture, made as for the model's training; the
     * caller closes them.
     */
    List<List<Features>> viewsOfTest() {
        int[] all = IntStream.range(0, test.size()).toArray();
        long seed = Run.Stream.VIEWS.of(config.seed());
        List<List<Features>> views = new ArrayList<>();
        for (int draw = 0; draw < 2; draw++) {
            views.add(features(new BatchLoader(
                    test,
                    viewsConfig.random(),
                    new EpochOrder.Chosen(all),
                    new Batching(config.model().batchSize(), Batching.Last.KEEP),
                    CounterRandom.key(seed, draw),
                    loading())));
        }
        return views;
    }

    /**
     * The rows of the model's memory bank with the labels of their pictures; the caller closes it.
     *
     * @throws UserError if it has none, or has it of other pictures or another length
     */
    Features bank(int dimension) {
        try (Scope scope = Scope.open()) {
            Tensor rows = source.flatMap(ModelFile::bank)
                    .orElseThrow(() -> new UserError(
                            UserError.USAGE,
                            "knn.known = bank: " + about + " has no memory bank, or one for each view; use features."));
            if (rows.size(0) != train.size() || rows.size(1) != dimension) {
                throw new UserError(
                        UserError.USAGE,
                        "knn.known = bank: the memory bank of " + about + " is " + rows.size(0) + " × " + rows.size(1)
                                + ", and there are " + train.size() + " training pictures and features of length "
                                + dimension
                                + "; give the data that the model was trained on, and the output that went into the bank.");
            }
            long[] labels =
                    IntStream.range(0, train.size()).mapToLong(train::label).toArray();
            return new Features(
                    Scope.keep(Tensors.to(rows.to(ScalarType.Float), device).clone()),
                    Scope.keep(Tensors.to(Tensors.of(labels, labels.length), device)
                            .clone()));
        }
    }

    /** The features of each of {@link #outputs} of what a loader loads; the caller closes them. */
    List<Features> features(BatchLoader pictures) {
        List<Features> features =
                Features.extract(backbones, outputs, pictures, device, Interrupt::inProgress, new Alone());
        for (int output = 0; output < outputs.size(); output++) {
            if (!isFinite(features.get(output).values())) {
                features.forEach(Features::close);
                throw new UserError(
                        UserError.FAILED,
                        outputs.get(output) + " of " + about
                                + " is not a number for some pictures: its training has diverged, or its input has another"
                                + " size or normalization than it was trained on.");
            }
        }
        return features;
    }

    private static boolean isFinite(Tensor values) {
        try (Scope scope = Scope.open()) {
            return Double.isFinite(Tensors.scalar(values.to(ScalarType.Double).sum()));
        }
    }

    @Override
    public void close() {
        trained.ifPresent(TrainedModel::close);
        arena.close();
    }
}
