package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.Anchor;
import io.contrast4j.negatives.Ball;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.InnerMode;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.Ring;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.negatives.Threshold;
import io.contrast4j.negatives.UniformSample;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Scores;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Instance discrimination and MoCo with all, ball and ring negatives, in all combinations of their settings. */
@Tag("golden")
class RingLossGoldenTest {
    @TestFactory
    Stream<DynamicContainer> losses() {
        return Goldens.find("ring", "ring_losses*.json").flatMap(RingLossGoldenTest::sizes);
    }

    private static Stream<DynamicContainer> sizes(Path file) {
        JsonObject cases = Goldens.json(file).getAsJsonObject("cases");
        return cases.keySet().stream().flatMap(size -> {
            JsonObject golden = cases.getAsJsonObject(size);
            JsonObject losses = golden.getAsJsonObject("losses");
            return losses.keySet().stream()
                    .map(loss -> DynamicContainer.dynamicContainer(
                            size + " " + loss,
                            Stream.of(Precision.values())
                                    .map(precision -> DynamicTest.dynamicTest(
                                            precision.toString(),
                                            () -> check(
                                                    file,
                                                    size,
                                                    golden,
                                                    loss,
                                                    losses.getAsJsonArray(loss),
                                                    precision)))));
        });
    }

    private static void check(
            Path file, String size, JsonObject golden, String loss, JsonArray rows, Precision precision) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            Tensor keys = tensors.get(size + "/bank");
            try (NegativeStore store = store(loss.startsWith("MoCo"), keys, precision)) {
                for (int i = 0; i < rows.size(); i++) {
                    try (Scope row = Scope.open()) {
                        new Case(size, golden, loss, rows.get(i).getAsJsonArray()).check(store, tensors, precision);
                    }
                }
            }
        }
    }

    private static NegativeStore store(boolean queue, Tensor keys, Precision precision) {
        long n = keys.size(0);
        NegativeStore.Config config = queue ? new FeatureQueue.Config((int) n) : new MemoryBank.Config(0.5);
        NegativeStore store = config.build(n, keys.size(1), precision.type, Goldens.device());
        store.rows().all().copy_(keys);
        return store;
    }

    /** A row of the table. */
    private record Case(String size, JsonObject golden, String loss, JsonArray row) {
        void check(NegativeStore store, Map<String, Tensor> tensors, Precision precision) {
            String status = row.get(6).getAsString();
            if (status.equals("error: inner must be < outer")) {
                assertThatThrownBy(this::selector)
                        .as(name())
                        .isInstanceOf(InvalidValues.class)
                        .hasMessageContaining("below the outer threshold");
                return;
            }
            Tensor outputs =
                    tensors.get(size + "/outputs").to(precision.type).clone().set_requires_grad(true);
            Optional<Tensor> positives = loss.startsWith("MoCo")
                    ? Optional.of(
                            Tensors.unitRows(tensors.get(size + "/outputs2").to(precision.type)))
                    : Optional.empty();
            Tensor noise = tensors.get(size + "/noise_base");
            StepContext at = new StepContext(
                    0, 1, 1, (n, columns, items) -> noise.narrow(1, 0, columns).remainder(new Scalar(items)));
            Anchor anchor = new Anchor("x", Tensors.unitRows(outputs), positives, tensors.get(size + "/indices"));
            if (status.equals("error: empty candidate set")) {
                assertThatThrownBy(() -> selector().select(anchor, store, at))
                        .as(name())
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("No row of the store lies within the thresholds");
                return;
            }
            assertThat(status).as(name()).isEqualTo("ok");

            Scores scores = selector().select(anchor, store, at);
            InfoNce objective = new InfoNce(new InfoNce.Config(golden.get("t").getAsDouble()));
            Tensor total = objective.of(List.of(scores)).total();
            total.backward();

            assertThat(Tensors.scalar(total))
                    .as(name())
                    .isCloseTo(row.get(7).getAsDouble(), within(precision.of(1e-9, 1e-5)));
            double norm = row.get(8).getAsDouble();
            double[] gradient = Tensors.doubles(outputs.grad());
            assertThat(length(gradient))
                    .as(name())
                    .isCloseTo(norm, within(precision.of(1e-9, 5e-4) * Math.max(norm, 0.01)));
            Tensor expected = tensors.get(size + "/" + name() + "/grad");
            if (expected != null) {
                double[] difference = Tensors.doubles(expected);
                // Gradients of the larger case are kept in float32.
                boolean exact = expected.scalar_type().intern() == Precision.F64.type;
                double tolerance = precision.of(exact ? 1e-9 : 1e-6, 5e-4);
                for (int i = 0; i < difference.length; i++) {
                    difference[i] -= gradient[i];
                }
                assertThat(length(difference)).as(name()).isLessThanOrEqualTo(tolerance * Math.max(norm, 0.01));
            }
        }

        private String name() {
            return row.get(0).isJsonNull()
                    ? loss
                    : loss + "/o" + row.get(0) + "_i" + row.get(1) + "_d" + flag(2) + "_n" + flag(3) + "_l" + flag(4)
                            + "_s" + flag(5);
        }

        private int flag(int field) {
            return row.get(field).getAsBoolean() ? 1 : 0;
        }

        private NegativeSelector selector() {
            int k = golden.get("k").getAsInt();
            if (row.get(0).isJsonNull()) {
                return loss.equals("MoCo") ? new AllRows() : new UniformSample(k - 1);
            }
            boolean withPositive = row.get(5).getAsBoolean();
            Threshold.Config outer = new Threshold.Constant(row.get(0).getAsDouble());
            double inner = row.get(1).getAsDouble();
            InnerMode mode = row.get(2).getAsBoolean() ? InnerMode.DYNAMIC : InnerMode.FIXED;
            Optional<Integer> count =
                    loss.startsWith("MoCo") ? Optional.empty() : Optional.of(withPositive ? k - 1 : k);
            Optional<Scores.Combination> neighbours = row.get(3).getAsBoolean()
                    ? Optional.of(row.get(4).getAsBoolean() ? Scores.Combination.LOG_SUM_EXP : Scores.Combination.MEAN)
                    : Optional.empty();
            Scores.Denominator denominator = withPositive ? Scores.Denominator.ALL : Scores.Denominator.NEGATIVES;
            if (loss.endsWith("Ring")) {
                return new Ring.Config(outer, inner, mode, count, Optional.empty(), neighbours, denominator, false)
                        .build();
            }
            Ball.ShareOf shareOf = loss.equals("NCEBall") ? Ball.ShareOf.BATCH : Ball.ShareOf.STORE;
            return new Ball.Config(outer, shareOf, inner, mode, count, Optional.empty(), neighbours, denominator, false)
                    .build();
        }

        private static double length(double[] vector) {
            double square = 0;
            for (double v : vector) {
                square += v * v;
            }
            return Math.sqrt(square);
        }
    }
}
