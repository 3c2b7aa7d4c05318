package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.Anchor;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.negatives.UniformSample;
import io.contrast4j.objective.Loss;
import io.contrast4j.objective.Nce;
import io.contrast4j.objective.Objective;
import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Batches of one picture, which the published InsDis and MoCo lose an axis of, and then fail: here the scores are 1×(K+1)
 * whatever is recorded of them there, and loss and gradient are numbers. So are features and rows of zeros.
 */
@Tag("golden")
class BatchOfOneGoldenTest {
    private static final String SHAPE = "_forward_shape";
    private static final int DIM = 4;
    private static final int ITEMS = 20;

    @TestFactory
    Stream<DynamicTest> batches() {
        return Goldens.find("cmc", "nce/edge_batch*.json")
                .flatMap(file -> Goldens.json(file).entrySet().stream())
                .filter(entry -> entry.getKey().endsWith(SHAPE))
                .map(entry -> DynamicTest.dynamicTest(
                        entry.getKey().replace(SHAPE, ""),
                        () -> checkBatch(entry.getKey(), entry.getValue().getAsJsonObject())));
    }

    private static void checkBatch(String name, JsonObject golden) {
        JsonArray shape = golden.getAsJsonArray("result");
        int count = Goldens.stream(shape).mapToInt(JsonElement::getAsInt).max().orElseThrow() - 1;
        boolean queued = name.startsWith("moco");
        try (Scope scope = Scope.open();
                NegativeStore store = store(queued, count)) {
            torch.manual_seed(1);
            Tensor x =
                    Goldens.here(Tensors.unitRows(torch.randn(1, DIM))).detach().set_requires_grad(true);
            Scores scores = select(queued, count, x, store);
            assertThat(Tensors.shape(scores.positive())).containsExactly(1, 1);
            assertThat(Tensors.shape(scores.negatives())).containsExactly(1, count);
            checkLoss(ContrastGolden.objective(name.contains("softmax"), 0.07, Nce.Constant.EXACT), scores, x);
            store.commit(x, Tensors.of(new long[] {3}, 1));
            assertThat(Arrays.stream(Tensors.doubles(store.rows().all())).sum()).isFinite();
        }
    }

    private static NegativeStore store(boolean queued, int count) {
        NegativeStore.Config config = queued ? new FeatureQueue.Config(count) : new MemoryBank.Config(0.5);
        return config.build(ITEMS, DIM, ScalarType.Float, Goldens.device());
    }

    private static Scores select(boolean queued, int count, Tensor x, NegativeStore store) {
        NegativeSelector selector = queued ? new AllRows() : new UniformSample(count);
        Optional<Tensor> positive = queued ? Optional.of(x.detach().flip(1)) : Optional.empty();
        return selector.select(
                new Anchor("x", x, positive, Tensors.of(new long[] {3}, 1)),
                store,
                new StepContext(0, 1, 1, Draws.keyed(1, 0)));
    }

    private static void checkLoss(Objective objective, Scores scores, Tensor x) {
        Loss loss = objective.of(List.of(scores));
        loss.total().backward();
        assertThat(Tensors.scalar(loss.total())).isFinite();
        assertThat(Tensors.doubles(x.grad())).doesNotContain(Double.NaN);
    }

    @TestFactory
    Stream<DynamicTest> zeros() {
        return Goldens.find("cmc", "nce/edge_batch*.json")
                .filter(file -> Goldens.json(file).has("zero_feature_and_zero_memory_row"))
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), BatchOfOneGoldenTest::checkZeros));
    }

    private static void checkZeros() {
        try (Scope scope = Scope.open();
                NegativeStore bank = store(false, 0)) {
            bank.restore(Map.of("memory", Tensors.zeros(ScalarType.Float, ITEMS, DIM)), "zeros");
            Tensor x = Goldens.here(Tensors.zeros(ScalarType.Float, 1, DIM)).set_requires_grad(true);
            for (boolean softmax : new boolean[] {false, true}) {
                Objective objective = ContrastGolden.objective(softmax, 0.07, Nce.Constant.EXACT);
                checkLoss(objective, select(false, 5, x, bank), x);
            }
            bank.commit(x, Tensors.of(new long[] {3}, 1));
            assertThat(Tensors.doubles(bank.rows().all())).containsOnly(0);
        }
    }
}
