package io.contrast4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.data.Batch;
import io.contrast4j.data.Batches;
import io.contrast4j.method.InsDis;
import io.contrast4j.method.Method;
import io.contrast4j.method.Moco;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.optim.Exempt;
import io.contrast4j.optim.Optimizer;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Sgd;
import io.contrast4j.optim.Warmup;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Precision;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps of several batches, in float64 and without batch norms: what differs then is rounding, or a mistake. */
class AccumulationTest {
    private static final int EPOCHS = 3;
    private static final int DIM = 5;
    private static final double RATE = 0.2;

    /** Gradients longer than 0.05 are shortened: clipping each batch's own would give something else. */
    private static final Sgd.Config SGD =
            new Sgd.Config(RATE, 0.9, 1e-3, false, Exempt.NORMS_AND_BIASES, Optional.of(0.05));

    /** unit(W·pixels + b). */
    private static final class Linear extends Module implements Backbone {
        private final LinearImpl layer;

        Linear() {
            layer = register_module("fc", new LinearImpl(3 * 32 * 32, DIM));
            to(ScalarType.Double, false);
        }

        @Override
        public Set<String> taps() {
            return Set.of(EMBEDDING);
        }

        @Override
        public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
            Tensor pixels = images.to(ScalarType.Double).flatten(1, -1);
            return Map.of(EMBEDDING, Tensors.unitRows(layer.forward(pixels)));
        }

        @Override
        public Module module() {
            return this;
        }
    }

    private enum Kind {
        INSDIS,
        MOCO,
        MOCO_AFTER_STEP,
        MOCO_SYMMETRIC_ON_A_BANK;

        TinyTraining.Parts parts(Arena arena) {
            Linear online = arena.own(Linear::new);
            boolean isBank = this == INSDIS || this == MOCO_SYMMETRIC_ON_A_BANK;
            NegativeStore.Config store = isBank ? new MemoryBank.Config(0.5) : new FeatureQueue.Config(19);
            NegativeStore rows = store.build(
                    TinyTraining.PHOTOS.size(), DIM, ScalarType.Double, arena.own(() -> Tensors.device("cpu")));
            InfoNce objective = new InfoNce.Config(0.2).build();
            if (this == INSDIS) {
                return new TinyTraining.Parts(
                        online, new InsDis(online, rows, new AllRows.Config().build(), objective));
            }
            Moco.Config config = new Moco.Config(
                    0.8,
                    MomentumEncoder.Buffers.OWN,
                    this == MOCO_AFTER_STEP ? Moco.Update.AFTER_STEP : Moco.Update.BEFORE_KEYS,
                    1,
                    this == MOCO_SYMMETRIC_ON_A_BANK,
                    Optional.empty());
            MomentumEncoder momentum = new MomentumEncoder(
                    new MomentumEncoder.Config(0.8, MomentumEncoder.Buffers.OWN), online, Linear::new);
            return new TinyTraining.Parts(
                    online, new Moco(config, online, momentum, rows, new AllRows.Config().build(), objective));
        }
    }

    private static Schedule schedule() {
        return new Schedule.Cosine.Config(
                        0,
                        Schedule.Cosine.FloorIs.RATE,
                        Schedule.Last.BEFORE_FLOOR,
                        Optional.of(new Warmup(2, 0.01, Warmup.Shape.LINEAR)),
                        Optional.empty())
                .build(RATE, EPOCHS);
    }

    private static TinyTraining training(Kind kind, int batchSize, int accumulate) {
        return new TinyTraining(
                new Trainer.Config(
                        EPOCHS,
                        batchSize,
                        accumulate,
                        Precision.FP32,
                        1,
                        Trainer.OnNonfinite.STOP,
                        true,
                        Duration.ofMinutes(1)),
                kind::parts,
                SGD,
                schedule());
    }

    private static Map<String, double[]> tensors(TinyTraining training) {
        try (Scope scope = Scope.open()) {
            Map<String, double[]> values = new LinkedHashMap<>();
            collect("", training.content.content(), values);
            return values;
        }
    }

    private static void collect(String path, Map<?, ?> tree, Map<String, double[]> values) {
        tree.forEach((name, value) -> {
            if (value instanceof Map<?, ?> inner) {
                collect(path + "/" + name, inner, values);
            } else if (value instanceof Tensor tensor) {
                values.put(path + "/" + name, Tensors.doubles(tensor));
            }
        });
    }

    private static void assertEqual(Map<String, double[]> actual, Map<String, double[]> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach(
                (path, values) -> assertThat(actual.get(path)).as(path).containsExactly(values, within(1e-12)));
    }

    private static Stream<Kind> kinds() {
        return Stream.of(Kind.values());
    }

    /** 12 of 14 pictures in one batch, in three, and in six: weights, velocities, queue or bank and key encoder are the same. */
    @ParameterizedTest
    @MethodSource("kinds")
    void severalBatchesAreLikeOneLargerBatch(Kind kind) {
        try (TinyTraining large = training(kind, 12, 1);
                TinyTraining three = training(kind, 4, 3)) {
            Map<String, double[]> start = tensors(large);
            large.until(Long.MAX_VALUE);
            three.until(Long.MAX_VALUE);
            String weights = start.keySet().stream()
                    .filter(path -> path.startsWith("/model/"))
                    .findFirst()
                    .orElseThrow();
            assertThat(tensors(large).get(weights)).isNotEqualTo(start.get(weights));
            assertEqual(tensors(three), tensors(large));
            assertThat(three.steps).hasSize(EPOCHS);
            for (int i = 0; i < EPOCHS; i++) {
                Observer.Step one = large.steps.get(i);
                Observer.Step step = three.steps.get(i);
                assertThat(step.number()).isEqualTo(i + 1);
                assertThat(step.samples()).isEqualTo(12);
                assertThat(step.learningRate()).isEqualTo(one.learningRate());
                assertThat(step.loss().get("loss")).isCloseTo(one.loss().get("loss"), within(1e-12));
                assertThat(step.monitors().get("gradient_norm"))
                        .isCloseTo(one.monitors().get("gradient_norm"), within(1e-12));
            }
        }
    }

    /** Three batches in steps of two: the last step of an epoch has one, and its gradient is that one's. */
    @Test
    void theLastStepOfAnEpochMayHaveFewerBatches() {
        Kind kind = Kind.INSDIS;
        try (TinyTraining training = training(kind, 4, 2);
                TinyTraining byHand = training(kind, 4, 2)) {
            training.until(Long.MAX_VALUE);
            assertThat(training.steps.stream().map(Observer.Step::samples)).containsExactly(8, 4, 8, 4, 8, 4);
            assertThat(training.steps.stream().map(Observer.Step::batch)).containsExactly(0, 2, 0, 2, 0, 2);

            List<Double> rates = new ArrayList<>();
            try (Scope scope = Scope.open();
                    Optimizer optimizer = SGD.build(
                            StateDict.parameters(byHand.parts.module()).values())) {
                for (int epoch = 0; epoch < EPOCHS; epoch++) {
                    try (Batches batches = byHand.loader.epoch(epoch, 0)) {
                        for (int step = 0; step < 2; step++) {
                            rates.add(schedule().at(epoch, step, 2, RATE));
                            optimizer.learningRate(rates.get(rates.size() - 1));
                            stepByHand(batches, step == 0 ? 2 : 1, byHand.parts.method(), optimizer);
                        }
                    }
                }
            }
            assertThat(training.steps.stream().map(Observer.Step::learningRate)).containsExactlyElementsOf(rates);
            Map<String, double[]> actual = tensors(training);
            Map<String, double[]> expected = tensors(byHand);
            List.of(actual, expected)
                    .forEach(values -> values.keySet().removeIf(path -> path.startsWith("/optimizer")));
            assertEqual(actual, expected);
        }
    }

    private static void stepByHand(Batches batches, int parts, Method method, Optimizer optimizer) {
        optimizer.zeroGrad();
        List<Method.Output> outputs = new ArrayList<>();
        Tensor sum = Tensors.zeros(ScalarType.Double);
        for (int part = 0; part < parts; part++) {
            Batch batch = batches.next();
            List<Tensor> views = batch.views().stream().map(Tensor::clone).toList();
            Method.Output output = method.forward(
                    new Method.Input(
                            views, batch.labels().clone(), batch.indices().clone()),
                    new StepContext(0, 2, 2 * EPOCHS, Draws.keyed(4, 0)));
            batch.close();
            outputs.add(output);
            sum = sum.add(output.loss().total());
        }
        sum.div(Tensors.scalar(parts)).backward();
        optimizer.step();
        outputs.forEach(method::commit);
    }
}
