package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** The distributions that SelfCon's networks draw their weights from. */
@Tag("golden")
class SelfConInitialWeightsGoldenTest {
    /** Below this many values the tolerances are doubled, as the golden files' authors say. */
    private static final int FEW = 20;

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> distributions() {
        return Goldens.find("selfcon", "init/init_stats*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("models")))
                .map(JsonElement::getAsJsonObject)
                .map(model -> DynamicTest.dynamicTest(model.get("id").getAsString(), () -> checkModel(model)));
    }

    private static void checkModel(JsonObject model) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            torch.manual_seed(1);
            GoldenSelfCon net = arena.own(
                    () -> GoldenSelfCon.of(model.get("model_class").getAsString(), model.getAsJsonObject("kwargs"), 3));
            Map<String, Tensor> parameters = StateDict.parameters(net.module);
            for (JsonElement element : model.getAsJsonArray("params")) {
                JsonObject golden = element.getAsJsonObject();
                checkParameter(
                        golden,
                        Tensors.doubles(parameters.remove(golden.get("key").getAsString())));
            }
            assertThat(parameters).isEmpty();
        }
    }

    private static void checkParameter(JsonObject golden, double[] values) {
        String key = golden.get("key").getAsString();
        assertThat(values).as(key).hasSize(golden.get("n").getAsInt());
        if (golden.get("dist").getAsString().equals("constant")) {
            assertThat(values).as(key).containsOnly(golden.get("value").getAsDouble());
            return;
        }
        double slack = values.length < FEW ? 2 : 1;
        double mean = Arrays.stream(values).average().orElseThrow();
        double deviation = Math.sqrt(
                Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / Math.max(1, values.length - 1));
        assertThat(mean)
                .as(key)
                .isCloseTo(0, within(slack * golden.get("tol_abs_mean").getAsDouble()));
        assertThat(deviation / golden.get("expected_std").getAsDouble())
                .as(key)
                .isCloseTo(1, within(slack * golden.get("tol_rel_std").getAsDouble()));
        if (golden.get("dist").getAsString().equals("uniform")) {
            // Weights are float32, and so is the bound they were drawn with.
            double bound = golden.get("bound").getAsDouble() * (1 + 1e-6);
            assertThat(Arrays.stream(values).map(Math::abs).max().orElseThrow())
                    .as(key)
                    .isLessThanOrEqualTo(bound);
        }
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> blocksThatStartAsShortcuts() {
        return Goldens.find("selfcon", "init/init_stats*.json")
                .filter(file -> Goldens.json(file).has("zero_init_residual"))
                .flatMap(file -> Goldens.json(file).getAsJsonObject("zero_init_residual").entrySet().stream())
                .map(entry -> DynamicTest.dynamicTest(
                        entry.getKey(),
                        () -> checkZeros(entry.getKey(), entry.getValue().getAsJsonObject())));
    }

    /** @param id begins with the name of the network, as resnet18_FTF */
    private static void checkZeros(String id, JsonObject golden) {
        JsonObject arguments = golden.getAsJsonObject("kwargs");
        arguments.addProperty("name", id.substring(0, id.indexOf('_')));
        arguments.addProperty("zero_init_residual", true);
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            GoldenSelfCon net = arena.own(() -> GoldenSelfCon.of("ConResNet", arguments, 3));
            TreeSet<String> zeros = new TreeSet<>();
            StateDict.parameters(net.encoder.module()).forEach((name, tensor) -> {
                if (name.endsWith("weight")
                        && Arrays.stream(Tensors.doubles(tensor)).allMatch(v -> v == 0)) {
                    zeros.add(name);
                }
            });
            assertThat(zeros)
                    .containsExactlyInAnyOrderElementsOf(Goldens.stream(golden.getAsJsonArray("zero_weights"))
                            .map(JsonElement::getAsString)
                            .toList());
        }
    }
}
