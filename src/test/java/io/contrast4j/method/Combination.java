package io.contrast4j.method;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.data.UnMix;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.Ball;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.InnerMode;
import io.contrast4j.negatives.Measure;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.Ring;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.negatives.Threshold;
import io.contrast4j.negatives.UniformSample;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.ExitSize;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.nn.ProjectionHead;
import io.contrast4j.nn.ResNet;
import io.contrast4j.nn.RingResNet;
import io.contrast4j.nn.SelfConResNet;
import io.contrast4j.nn.Stem;
import io.contrast4j.nn.TorchvisionResNet;
import io.contrast4j.objective.AlignUniform;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Nce;
import io.contrast4j.objective.Objective;
import io.contrast4j.objective.OneStageLoss;
import io.contrast4j.objective.Scores;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One choice of every part of a method, out of small ones of every kind.
 *
 * @param choices names of the parts' kinds, in the order method, views, encoder, store, negatives, objective
 */
record Combination(List<String> choices, Method.Config method, Parts parts) {
    static final int BATCH = 8;
    static final int CLASSES = 3;
    static final int ITEMS = 24;
    private static final int SIDE = 16;
    private static final int LOCAL_SIDE = 12;
    private static final int DIM = 6;

    static final Map<String, Method.Config> METHODS = methods();
    static final Map<String, Views> VIEWS = views();
    static final Map<String, Backbone.Config> ENCODERS = encoders();
    static final Map<String, NegativeStore.Config> STORES = stores();
    static final Map<String, NegativeSelector.Config> NEGATIVES = negatives();
    static final Map<String, Objective.Config> OBJECTIVES = objectives();

    /** @param channels of each group of a crop */
    record Views(int crops, int localCrops, List<Integer> channels) {}

    private static Map<String, Method.Config> methods() {
        Map<String, Method.Config> all = new LinkedHashMap<>();
        all.put("cmc", new Cmc.Config());
        all.put("cmc-core", new Cmc.Config(Cmc.Graph.CORE, Optional.of("v1")));
        all.put("insdis", new InsDis.Config());
        all.put("moco", moco(Moco.Update.BEFORE_KEYS, 1, false, Optional.empty()));
        all.put("moco-after-step", moco(Moco.Update.AFTER_STEP, 1, false, Optional.empty()));
        all.put("moco-symmetric", moco(Moco.Update.BEFORE_KEYS, 1, true, Optional.empty()));
        all.put("moco-shards", moco(Moco.Update.BEFORE_KEYS, 2, false, Optional.empty()));
        all.put("moco-symmetric-shards", moco(Moco.Update.AFTER_STEP, 2, true, Optional.empty()));
        all.put("moco-un-mix", moco(Moco.Update.BEFORE_KEYS, 1, false, Optional.of(new UnMix(1, 0.5))));
        all.put("moco-un-mix-shards", moco(Moco.Update.BEFORE_KEYS, 2, false, Optional.of(new UnMix(1, 0))));
        for (SelfConTerms.Rows rows : SelfConTerms.Rows.values()) {
            for (SelfConTerms.Positives positives : SelfConTerms.Positives.values()) {
                for (double alpha : new double[] {0, 0.5}) {
                    String name = ("selfcon-" + rows + "-" + positives + "-" + alpha).toLowerCase(Locale.ROOT);
                    all.put(name, new SelfCon.Config(rows, positives, alpha));
                }
            }
        }
        all.put("align-uniform", new AlignUniformPairs.Config());
        all.put("fine-tune", new FineTune.Config(10));
        for (OneStageLoss.Variant variant : OneStageLoss.Variant.values()) {
            all.put(("one-stage-" + variant).toLowerCase(Locale.ROOT), new OneStage.Config(variant, 3));
        }
        all.put("predict", new Predict.Config(2));
        return all;
    }

    private static Moco.Config moco(Moco.Update update, int shards, boolean symmetric, Optional<UnMix> unMix) {
        return new Moco.Config(0.5, MomentumEncoder.Buffers.OWN, update, shards, symmetric, unMix);
    }

    private static Map<String, Views> views() {
        Map<String, Views> all = new LinkedHashMap<>();
        all.put("one-crop", new Views(1, 0, List.of(3)));
        all.put("two-groups", new Views(1, 0, List.of(1, 2)));
        all.put("three-groups", new Views(1, 0, List.of(1, 1, 1)));
        all.put("two-crops", new Views(2, 0, List.of(3)));
        all.put("two-crops-of-two-groups", new Views(2, 0, List.of(1, 2)));
        all.put("two-crops-and-local-ones", new Views(2, 2, List.of(3)));
        all.put("three-crops", new Views(3, 0, List.of(3)));
        return all;
    }

    private static Map<String, Backbone.Config> encoders() {
        Map<String, Backbone.Config> all = new LinkedHashMap<>();
        all.put("resnet", new ResNet.Config(18, 1.0 / 16, DIM));
        all.put(
                "torchvision-resnet",
                new TorchvisionResNet.Config(18, 4, 1, Stem.CIFAR, false, ProjectionHead.MLP, DIM));
        all.put("ring-resnet", new RingResNet.Config(18, 4, Stem.CIFAR, DIM));
        all.put(
                "selfcon-resnet",
                new SelfConResNet.Config(
                        18, 4, Stem.CIFAR, List.of(1, 3), ExitSize.FC, false, ProjectionHead.MLP, DIM));
        return all;
    }

    /** The queue's size is no multiple of the batch's. */
    private static Map<String, NegativeStore.Config> stores() {
        Map<String, NegativeStore.Config> all = new LinkedHashMap<>();
        all.put("no-store", new NegativeStore.None());
        all.put("memory-bank", new MemoryBank.Config(0.5));
        all.put("queue", new FeatureQueue.Config(13));
        return all;
    }

    private static Map<String, NegativeSelector.Config> negatives() {
        Map<String, NegativeSelector.Config> all = new LinkedHashMap<>();
        Threshold.Config half = new Threshold.Constant(0.5);
        Threshold.Config falling = new Threshold.Linear(1, 0.5, 2);
        Threshold.Config adaptive = new Threshold.Adaptive(1, 0.4, Measure.LOSS, 0.1, 3);
        Optional<Scores.Combination> sum = Optional.of(Scores.Combination.LOG_SUM_EXP);
        Optional<Scores.Combination> mean = Optional.of(Scores.Combination.MEAN);
        all.put("in-batch", new NegativeSelector.InBatchOnly());
        all.put("uniform", new UniformSample.Config(5));
        all.put("all", new AllRows.Config());
        all.put("ball", ball(half, Optional.of(4), Optional.empty()));
        all.put("ball-neighbours", ball(adaptive, Optional.empty(), mean));
        all.put("ring", ring(falling, Optional.empty(), Optional.empty(), false));
        all.put("ring-neighbours", ring(half, Optional.of(4), sum, false));
        all.put("ring-without-own", ring(adaptive, Optional.of(4), Optional.empty(), true));
        return all;
    }

    private static Ball.Config ball(
            Threshold.Config outer, Optional<Integer> count, Optional<Scores.Combination> neighbours) {
        return new Ball.Config(
                outer,
                Ball.ShareOf.STORE,
                0.2,
                InnerMode.DYNAMIC,
                count,
                Optional.empty(),
                neighbours,
                Scores.Denominator.ALL,
                false);
    }

    private static Ring.Config ring(
            Threshold.Config outer,
            Optional<Integer> count,
            Optional<Scores.Combination> neighbours,
            boolean excludeOwn) {
        return new Ring.Config(
                outer,
                0.2,
                InnerMode.DYNAMIC,
                count,
                Optional.of(12),
                neighbours,
                Scores.Denominator.NEGATIVES,
                excludeOwn);
    }

    private static Map<String, Objective.Config> objectives() {
        Map<String, Objective.Config> all = new LinkedHashMap<>();
        all.put("no-objective", new Objective.None());
        all.put("nce", new Nce.Config(0.2));
        all.put("infonce", new InfoNce.Config(0.2));
        all.put("align-uniform-contrastive", alignUniform(1));
        all.put("align-uniform-alone", alignUniform(0));
        return all;
    }

    private static AlignUniform.Config alignUniform(double contrastive) {
        return new AlignUniform.Config(
                new AlignUniform.Config.Contrastive(contrastive, 0.2),
                new AlignUniform.Config.Align(1, 2),
                new AlignUniform.Config.Uniform(1, 2, AlignUniform.Pairs.NEGATIVES_AND_BATCH));
    }

    /** Every choice of every part. */
    static Stream<Combination> all() {
        return METHODS.keySet().stream()
                .flatMap(method -> VIEWS.keySet().stream()
                        .flatMap(views -> ENCODERS.keySet().stream()
                                .flatMap(encoder -> STORES.keySet().stream()
                                        .flatMap(store -> NEGATIVES.keySet().stream()
                                                .flatMap(negatives -> OBJECTIVES.keySet().stream()
                                                        .map(objective -> of(
                                                                method, views, encoder, store, negatives,
                                                                objective)))))));
    }

    /** The named parts. */
    static Combination of(
            String method, String views, String encoder, String store, String negatives, String objective) {
        Views chosen = VIEWS.get(views);
        List<String> names = IntStream.range(
                        0, chosen.crops() * chosen.channels().size())
                .mapToObj(view -> "v" + view)
                .toList();
        Parts parts = new Parts(
                chosen.crops(),
                chosen.localCrops(),
                names,
                chosen.channels(),
                BATCH,
                ENCODERS.get(encoder),
                STORES.get(store),
                NEGATIVES.get(negatives),
                OBJECTIVES.get(objective));
        return new Combination(
                List.of(method, views, encoder, store, negatives, objective), METHODS.get(method), parts);
    }

    /** Why the parts do not go together; empty if they do. */
    List<InvalidValues.Problem> problems() {
        Problems problems = new Problems();
        method.check(parts, problems);
        return problems.found();
    }

    /** Where it is built in these tests. */
    static Method.Setting setting() {
        return new Method.Setting(ITEMS, CLASSES, ScalarType.Float, Tensors.device("cpu"));
    }

    /** Pictures of noise; those of a step are always the same, and no picture comes twice in a step. */
    Method.Input input(int step) {
        torch.manual_seed(50 + step);
        List<Tensor> views = new ArrayList<>();
        for (int crop = 0; crop < parts.crops(); crop++) {
            for (int channels : parts.channels()) {
                views.add(torch.randn(BATCH, channels, SIDE, SIDE));
            }
        }
        for (int local = 0; local < parts.localCrops(); local++) {
            views.add(torch.randn(BATCH, parts.channels().get(0), LOCAL_SIDE, LOCAL_SIDE));
        }
        long[] labels = IntStream.range(0, BATCH).mapToLong(i -> i % CLASSES).toArray();
        long[] indices = IntStream.range(0, BATCH)
                .mapToLong(i -> (5L * step + 2L * i) % ITEMS)
                .toArray();
        return new Method.Input(views, Tensors.of(labels, BATCH), Tensors.of(indices, BATCH));
    }

    static StepContext at(int step) {
        return new StepContext(step, 2, 8, Draws.keyed(5, step));
    }

    /** The values of all tensors of a state, by their path. */
    static Map<String, double[]> tensors(Map<?, ?> state) {
        Map<String, double[]> all = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
            collect("", state, all);
        }
        return all;
    }

    private static void collect(String path, Map<?, ?> state, Map<String, double[]> all) {
        state.forEach((name, value) -> {
            if (value instanceof Map<?, ?> inner) {
                collect(path + "/" + name, inner, all);
            } else if (value instanceof Tensor tensor) {
                assertThat(all.put(path + "/" + name, Tensors.doubles(tensor))).isNull();
            }
        });
    }

    @Override
    public String toString() {
        return String.join(" ", choices);
    }
}
