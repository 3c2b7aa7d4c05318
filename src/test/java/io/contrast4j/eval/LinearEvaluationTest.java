package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.data.Batch;
import io.contrast4j.data.Batching;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Classifier;
import io.contrast4j.nn.LinearHead;
import io.contrast4j.optim.Adam;
import io.contrast4j.optim.Exempt;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Sgd;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class LinearEvaluationTest {
    private static final int CLASSES = 4;
    private static final int LENGTH = 6;
    private static final Schedule.Config HALVED = new Schedule.Step.Config(
            List.of(2), Schedule.Step.Falls.AFTER, 0.5, Schedule.Resume.BASE, Optional.empty(), Optional.empty());

    private static final LinearEvaluation.Watch WATCH = new LinearEvaluation.Watch() {
        @Override
        public boolean isToStop() {
            return false;
        }

        @Override
        public void step(long pictures) {}
    };

    private static LinearEvaluation.Plan plan(
            Optimizer.Config optimizer,
            Classifier kind,
            Classifier.Norm norm,
            List<List<String>> ensembles,
            Double... rates) {
        return new LinearEvaluation.Plan(
                kind, norm, Classifier.Start.UNIFORM, List.of(rates), 4, 16, ensembles, optimizer, HALVED);
    }

    private static LinearEvaluation.Plan sgd(Double... rates) {
        return plan(new Sgd.Config(1, 0.9, 1e-3, false), Classifier.LINEAR, Classifier.Norm.NONE, List.of(), rates);
    }

    private static LinearEvaluation evaluation(LinearEvaluation.Plan plan, long seed, String... outputs) {
        Map<String, Long> lengths = new LinkedHashMap<>();
        for (String output : outputs) {
            lengths.put(output, (long) LENGTH);
        }
        return new LinearEvaluation(
                plan, new LinearEvaluation.Setting(lengths, CLASSES, ScalarType.Float, Tensors.device("cpu"), seed));
    }

    /** Rows around a centre for each class, the same for the same seed. */
    private static CachedFeatures points(int n, long seed, String... outputs) {
        CounterRandom random = CounterRandom.of(seed);
        long[] labels = new long[n];
        Map<String, Tensor> vectors = new LinkedHashMap<>();
        for (int i = 0; i < n; i++) {
            labels[i] = random.nextInt(CLASSES);
        }
        for (String output : outputs) {
            float[] values = new float[n * LENGTH];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (random.nextGaussian() + (i % LENGTH == labels[i / LENGTH] ? 2 : 0));
            }
            vectors.put(output, Tensors.of(values, n, LENGTH));
        }
        return new CachedFeatures(
                vectors, Tensors.of(labels, n), new EpochOrder.Shuffled(n, seed), new Batching(16, Batching.Last.KEEP));
    }

    /** Fused or not, each classifier is what the recorded gradient makes of it alone. */
    @Property(tries = 8)
    void allAtOnceIsTheSameAsEachAlone(
            @ForAll @IntRange(min = 1, max = 5) int count,
            @ForAll boolean hasMomentum,
            @ForAll boolean hasDecay,
            @ForAll boolean isNesterov,
            @ForAll @IntRange(min = 0, max = 1000) int seed) {
        double momentum = hasMomentum ? 0.9 : 0;
        Sgd.Config rule = new Sgd.Config(1, momentum, hasDecay ? 0.01 : 0, isNesterov && hasMomentum);
        Double[] rates = new Double[count];
        for (int i = 0; i < count; i++) {
            rates[i] = 0.03 * Math.pow(3, i);
        }
        try (Scope scope = Scope.open()) {
            CachedFeatures train = points(50, seed, "pooled");
            CachedFeatures test = points(30, seed + 1, "pooled");
            LinearEvaluation.Plan plan = plan(rule, Classifier.LINEAR, Classifier.Norm.NONE, List.of(), rates);
            // Clipping that never happens takes the other way, through recorded gradients.
            Sgd.Config recorded =
                    new Sgd.Config(1, momentum, rule.weightDecay(), rule.nesterov(), Exempt.NONE, Optional.of(1e9));
            try (LinearEvaluation together = evaluation(plan, seed, "pooled")) {
                List<LinearEvaluation.Outcome> last = List.of();
                for (int epoch = 0; epoch < 4; epoch++) {
                    last = together.epoch(train, test, WATCH);
                }
                for (int i = 0; i < count; i++) {
                    LinearEvaluation.Plan one =
                            plan(recorded, Classifier.LINEAR, Classifier.Norm.NONE, List.of(), rates[i]);
                    try (LinearEvaluation alone = evaluation(one, seed, "pooled")) {
                        LinearEvaluation.Outcome own = null;
                        for (int epoch = 0; epoch < 4; epoch++) {
                            own = alone.epoch(train, test, WATCH).get(0);
                        }
                        double[] expected =
                                Tensors.doubles(alone.classifier("pooled", 0).get("fc.weight"));
                        // Large rates make large weights, whose float32 has a rounding of their size.
                        double size = Math.max(
                                1, Arrays.stream(expected).map(Math::abs).max().orElseThrow());
                        assertThat(Tensors.doubles(
                                        together.classifier("pooled", i).get("fc.weight")))
                                .usingComparatorWithPrecision(2e-5 * size)
                                .containsExactly(expected);
                        assertThat(last.get(i).loss()).isCloseTo(own.loss(), within(1e-5 * size));
                    }
                }
            }
        }
    }

    @Test
    void anEnsembleIsTheMeanOfRawLogits() {
        try (Scope scope = Scope.open()) {
            CachedFeatures train = points(60, 1, "exit2", "pooled");
            CachedFeatures test = points(40, 2, "exit2", "pooled");
            LinearEvaluation.Plan plan = plan(
                    new Sgd.Config(1, 0.9, 0, false),
                    Classifier.LINEAR,
                    Classifier.Norm.NONE,
                    List.of(List.of("exit2", "pooled")),
                    0.1);
            try (LinearEvaluation evaluation = evaluation(plan, 1, "exit2", "pooled")) {
                LinearEvaluation.Outcome outcome =
                        evaluation.epoch(train, test, WATCH).get(2);
                Tensor sum = evaluation
                        .logits("exit2", 0, test.vectors().get("exit2"))
                        .add(evaluation.logits("pooled", 0, test.vectors().get("pooled")));
                // Labels in the order of the rows.
                Tensor[] labels = new Tensor[1];
                new CachedFeatures(
                                test.vectors(),
                                labels(test),
                                new EpochOrder.Sequential(40),
                                new Batching(40, Batching.Last.KEEP))
                        .pass(0, () -> false, (batch, rows, some) -> labels[0] = Scope.keep(some));
                assertThat(outcome.name()).isEqualTo("exit2+pooled");
                assertThat(outcome.test().top1()).isCloseTo(Accuracy.top(sum, labels[0], 1), within(1e-9));
                labels[0].close();
            }
        }
    }

    private static Tensor labels(CachedFeatures features) {
        // The same draws as in points.
        CounterRandom random = CounterRandom.of(2);
        long[] labels = new long[40];
        for (int i = 0; i < 40; i++) {
            labels[i] = random.nextInt(CLASSES);
        }
        return Tensors.of(labels, 40);
    }

    @Test
    void oneThatDivergesIsDroppedAndTheOthersGoOn() {
        try (Scope scope = Scope.open()) {
            CachedFeatures train = points(60, 1, "pooled");
            CachedFeatures test = points(40, 2, "pooled");
            try (LinearEvaluation both = evaluation(sgd(0.1, 1e38), 1, "pooled");
                    LinearEvaluation one = evaluation(sgd(0.1), 1, "pooled")) {
                for (int epoch = 0; epoch < 3; epoch++) {
                    both.epoch(train, test, WATCH);
                    one.epoch(train, test, WATCH);
                }
                List<Standing> standings = both.standings().get("pooled");
                assertThat(standings.get(1).diverged()).isPositive();
                assertThat(standings.get(0).diverged()).isZero();
                assertThat(standings.get(0).top1())
                        .isEqualTo(one.standings().get("pooled").get(0).top1())
                        .isGreaterThan(50);
            }
            try (LinearEvaluation none = evaluation(sgd(1e38), 1, "pooled")) {
                assertThatThrownBy(() -> {
                            for (int epoch = 0; epoch < 3; epoch++) {
                                none.epoch(train, test, WATCH);
                            }
                        })
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("1.0E38")
                        .hasMessageContaining("smaller");
            }
        }
    }

    @Test
    void itGoesOnFromItsStateToTheSameBits() {
        List<LinearEvaluation.Plan> plans = List.of(
                sgd(0.1, 0.3),
                plan(
                        new Adam.Config(1e-2, 0.5, 0.999, 1e-8, 0, Exempt.NONE, Optional.empty()),
                        Classifier.VGG,
                        Classifier.Norm.BATCH,
                        List.of(),
                        1e-2));
        try (Scope scope = Scope.open()) {
            CachedFeatures train = points(60, 1, "pooled");
            CachedFeatures test = points(40, 2, "pooled");
            for (LinearEvaluation.Plan plan : plans) {
                try (LinearEvaluation whole = evaluation(plan, 1, "pooled");
                        LinearEvaluation first = evaluation(plan, 1, "pooled");
                        LinearEvaluation second = evaluation(plan, 1, "pooled")) {
                    for (int epoch = 0; epoch < 4; epoch++) {
                        whole.epoch(train, test, WATCH);
                    }
                    first.epoch(train, test, WATCH);
                    first.epoch(train, test, WATCH);
                    // The state says how it goes on, and not what the evaluation was made with.
                    second.epoch(test, train, WATCH);
                    second.restore(first.state(), "a checkpoint");
                    second.epoch(train, test, WATCH);
                    second.epoch(train, test, WATCH);
                    whole.classifier("pooled", 0)
                            .forEach((name, tensor) -> assertThat(Tensors.doubles(
                                            second.classifier("pooled", 0).get(name)))
                                    .as(name)
                                    .containsExactly(Tensors.doubles(tensor)));
                    Standing expected = whole.standings().get("pooled").get(0);
                    Standing actual = second.standings().get("pooled").get(0);
                    assertThat(actual.top1()).isEqualTo(expected.top1());
                    assertThat(actual.epoch()).isEqualTo(expected.epoch());
                    assertThat(actual.predictions()).containsExactly(expected.predictions());
                }
            }
        }
    }

    @Test
    void theBestEpochIsKeptWithItsClassifier() {
        try (Scope scope = Scope.open()) {
            CachedFeatures train = points(60, 1, "pooled");
            CachedFeatures test = points(40, 2, "pooled");
            try (LinearEvaluation evaluation = evaluation(sgd(0.5), 1, "pooled")) {
                double best = 0;
                double five = 0;
                for (int epoch = 0; epoch < 4; epoch++) {
                    Tally.Score score =
                            evaluation.epoch(train, test, WATCH).get(0).test();
                    five = score.top1() > best ? score.top5() : five;
                    best = Math.max(best, score.top1());
                }
                Standing standing = evaluation.standings().get("pooled").get(0);
                assertThat(standing.top1()).isEqualTo(best);
                assertThat(standing.top5()).isEqualTo(five);
                Confusion confusion = Confusion.of(orderedLabels(test), standing.predictions(), CLASSES);
                long right = 0;
                for (int label = 0; label < CLASSES; label++) {
                    right += confusion.counts()[label][label];
                }
                assertThat(100.0 * right / 40).isCloseTo(best, within(1e-9));
            }
        }
    }

    /** As a pass of epoch 0 brings them. */
    private static long[] orderedLabels(CachedFeatures features) {
        long[] all = new long[40];
        features.pass(0, () -> false, (batch, rows, labels) -> {
            long[] some = Tensors.longs(labels);
            System.arraycopy(some, 0, all, batch * 16, some.length);
        });
        return all;
    }

    @Test
    void itStopsWhenAsked() {
        try (Scope scope = Scope.open()) {
            CachedFeatures train = points(60, 1, "pooled");
            try (LinearEvaluation evaluation = evaluation(sgd(0.5), 1, "pooled")) {
                assertThatThrownBy(() -> evaluation.epoch(train, train, new LinearEvaluation.Watch() {
                            @Override
                            public boolean isToStop() {
                                return true;
                            }

                            @Override
                            public void step(long pictures) {}
                        }))
                        .isInstanceOf(CancellationException.class);
            }
        }
    }

    @Test
    void anEnsembleOfWhatIsNotJudgedIsRefused() {
        LinearEvaluation.Plan plan = plan(
                new Sgd.Config(1, 0.9, 0, false),
                Classifier.LINEAR,
                Classifier.Norm.NONE,
                List.of(List.of("exit9", "pooled")),
                0.1);
        assertThatThrownBy(() -> evaluation(plan, 1, "pooled"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("exit9");
    }

    /** A network that moves its weight in each pass. */
    private record Restless(LinearImpl layer) implements Backbone {
        @Override
        public Set<String> taps() {
            return Set.of("out");
        }

        @Override
        public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
            try (NoGrad noGrad = NoGrad.open()) {
                layer.weight().add_(new Scalar(1e-3));
            }
            return Map.of("out", layer.forward(images.flatten(1, -1)));
        }

        @Override
        public Module module() {
            return layer;
        }
    }

    @Test
    void anEncoderThatChangesIsNoticed() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Restless network = new Restless(arena.own(() -> new LinearImpl(4, 3)));
            FrozenEncoder encoder = new FrozenEncoder(
                    Map.of(0, network),
                    Map.of("out", LinearHead.Plan.flat(LinearHead.Spelling.RESNET)),
                    FrozenEncoder.Mode.EVALUATION,
                    Tensors.device("cpu"));
            encoder.requireUnchanged();
            encoder.evaluation(new Batch(
                    List.of(Tensors.zeros(ScalarType.Float, 2, 1, 2, 2)),
                    Tensors.zeros(ScalarType.Long, 2),
                    Tensors.zeros(ScalarType.Long, 2)));
            assertThatThrownBy(encoder::requireUnchanged)
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("0.weight");
        }
    }
}
