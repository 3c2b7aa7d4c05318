package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.nn.Backbone;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** CMC's AlexNet and ResNets: names, order and shapes of their tensors, and their numbers forward and backward. */
class CmcEncoderGoldenTest {
    /** A network with more parameters than this takes seconds for each run: it belongs to the slow tests. */
    private static final long LARGE = 1_000_000;

    /** Biases that a batch norm takes away again: in training their gradients are zero but for rounding. */
    private static final String BEFORE_NORM = ".*\\bfc[67]\\.0\\.bias";

    @TestFactory
    @Tag("golden")
    Stream<DynamicTest> keys() {
        return Goldens.find("cmc", "encoders/keys_*.json")
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> checkKeys(file)));
    }

    @TestFactory
    @Tag("golden")
    Stream<DynamicTest> smallNetworks() {
        return networks(false);
    }

    @TestFactory
    @Tag("golden")
    @Tag("slow")
    Stream<DynamicTest> largeNetworks() {
        return networks(true);
    }

    private static Stream<DynamicTest> networks(boolean large) {
        List<DynamicTest> tests = Goldens.find("cmc", "encoders/*.json")
                .filter(file -> !file.getFileName().toString().startsWith("keys_"))
                .filter(file -> Goldens.json(file).get("parameter_count").getAsLong() > LARGE == large)
                .flatMap(file -> Stream.of("eval", "train")
                        .flatMap(mode -> Stream.of(Precision.values())
                                .map(precision -> DynamicTest.dynamicTest(
                                        file.getFileName() + " " + mode + " " + precision,
                                        () -> checkNumbers(file, mode, precision)))))
                .toList();
        assumeTrue(!tests.isEmpty(), "no " + (large ? "large" : "small") + " networks in " + Goldens.root());
        return tests.stream();
    }

    private static void checkKeys(Path file) {
        JsonObject golden = Goldens.json(file);
        assumeTrue(GoldenEncoder.isKnown(golden), "neither a ResNet nor an AlexNet");
        JsonArray keys = golden.getAsJsonArray("state_dict");
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            GoldenEncoder net = arena.own(() -> GoldenEncoder.of(keys));
            List<String> expected = Goldens.stream(keys)
                    .map(JsonElement::getAsJsonArray)
                    .map(key -> key.get(0).getAsString() + " "
                            + Arrays.toString(Goldens.longs(key.get(1).getAsJsonArray())) + " "
                            + key.get(2).getAsString() + " " + key.get(3).getAsString())
                    .toList();
            Map<String, Tensor> parameters = StateDict.parameters(net.module);
            List<String> actual = StateDict.of(net.module).entrySet().stream()
                    .map(entry -> GoldenEncoder.PREFIX + entry.getKey() + " "
                            + Arrays.toString(Tensors.shape(entry.getValue())) + " "
                            + (entry.getValue().scalar_type().intern() == ScalarType.Long ? "int64" : "float32") + " "
                            + (parameters.containsKey(entry.getKey()) ? "param" : "buffer"))
                    .toList();
            assertThat(actual).isEqualTo(expected);
            Map<String, Tensor> all = StateDict.of(net.module);
            long trained = parameters.values().stream().mapToLong(Tensor::numel).sum();
            assertThat(all).hasSize(golden.get("n_keys").getAsInt());
            assertThat(parameters).hasSize(golden.get("n_parameters_tensors").getAsInt());
            assertThat(trained).isEqualTo(golden.get("parameter_count").getAsLong());
            assertThat(all.values().stream().mapToLong(Tensor::numel).sum() - trained)
                    .isEqualTo(golden.get("buffer_count").getAsLong());
        }
    }

    private static void checkNumbers(Path file, String mode, Precision precision) {
        JsonObject golden = Goldens.json(file);
        assumeTrue(GoldenEncoder.isKnown(golden), "neither a ResNet nor an AlexNet");
        assumeTrue(golden.getAsJsonObject("runs").has(mode), "no run in this mode");
        JsonObject run = golden.getAsJsonObject("runs").getAsJsonObject(mode);
        boolean training = mode.equals("train");
        String salt = golden.get("salt").getAsString();
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            GoldenEncoder net = arena.own(() -> GoldenEncoder.of(golden.getAsJsonArray("state_dict")));
            net.fill(salt, precision);
            net.module.train(training);
            Fill fill = new Fill(salt);
            Tensor images = fill.tensor(
                    golden.get("input_name").getAsString(),
                    precision.type,
                    Goldens.longs(run.getAsJsonArray("input_shape")));
            Map<String, Tensor> tensors = Goldens.tensors(file);

            Tensor total = Goldens.here(Tensors.zeros(precision.type));
            for (Map.Entry<String, Backbone> view : net.views.entrySet()) {
                String name = view.getKey();
                Map<String, Tensor> layers = view.getValue()
                        .forward(
                                GoldenEncoder.split(name, images),
                                view.getValue().taps());
                checkLayers(run.getAsJsonObject("layers"), name, layers, precision, training);
                Tensor embedding = layers.get(Backbone.EMBEDDING);
                String out = mode + (precision == Precision.F64 ? ".out_f64." : ".out.");
                double[] expected = Tensors.doubles(tensors.get(out + name));
                double absolute = precision.of(0, training ? 5e-5 : 2e-6);
                double[] actual = Tensors.doubles(embedding);
                double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
                assertClose(out + name, actual, expected, Math.max(1e-8, absolute / largest));
                String weights = golden.get("grad_name_prefix").getAsString() + (name.equals("x") ? "" : "_" + name);
                Tensor g = fill.tensor(weights, precision.type, Tensors.shape(embedding));
                total = total.add(embedding.mul(g).sum());
            }
            checkScalar(run, Tensors.scalar(total), precision, training);
            total.backward();
            checkGradients(run, mode, tensors, StateDict.parameters(net.module), precision);
            if (training) {
                checkStatistics(run, tensors, StateDict.of(net.module), precision);
            }
        }
    }

    private static void checkLayers(
            JsonObject golden, String view, Map<String, Tensor> layers, Precision precision, boolean training) {
        double tolerance = precision.of(1e-8, training ? 1e-3 : 5e-6);
        // CMC counts the layers from the input, 0, to the embedding: the order of our taps.
        List<Tensor> inOrder = List.copyOf(layers.values());
        for (String layer : golden.keySet()) {
            JsonObject expected = golden.getAsJsonObject(layer).getAsJsonObject(view);
            Tensor output = inOrder.get(Integer.parseInt(layer));
            double[] actual = Tensors.doubles(output);
            String what = "layer " + layer + " " + view;
            assertThat(Tensors.shape(output)).as(what).isEqualTo(Goldens.longs(expected.getAsJsonArray("shape")));
            JsonObject numbers = expected.getAsJsonObject(precision == Precision.F64 ? "f64" : "f32");
            double squares = Arrays.stream(actual).map(a -> a * a).sum();
            double rms = Math.sqrt(squares / actual.length);
            double mean = Arrays.stream(actual).sum() / actual.length;
            assertClose(what + " mean", mean, numbers.get("mean").getAsDouble(), tolerance, tolerance * rms);
            assertClose(
                    what + " std",
                    Math.sqrt(Arrays.stream(actual)
                                    .map(a -> (a - mean) * (a - mean))
                                    .sum()
                            / actual.length),
                    numbers.get("std").getAsDouble(),
                    tolerance,
                    tolerance * rms);
            assertClose(what + " norm", Math.sqrt(squares), numbers.get("norm").getAsDouble(), tolerance, 0);
            // The tolerance is on the root mean square of the difference; single values scatter about it.
            double single = precision.of(1e-8, 10 * tolerance) * rms;
            double[] first = Goldens.doubles(numbers.getAsJsonArray("first8"));
            double[] last = Goldens.doubles(numbers.getAsJsonArray("last8"));
            for (int i = 0; i < first.length; i++) {
                assertClose(what + " first " + i, actual[i], first[i], 1e-8, single);
            }
            for (int i = 0; i < last.length; i++) {
                assertClose(what + " last " + i, actual[actual.length - last.length + i], last[i], 1e-8, single);
            }
        }
    }

    /** S is a sum of many terms that cancel: its error is that of the embeddings times the number of terms. */
    private static void checkScalar(JsonObject run, double actual, Precision precision, boolean training) {
        double expected = run.get(precision == Precision.F64 ? "scalar_f64" : "scalar_f32")
                .getAsDouble();
        assertClose("scalar", actual, expected, precision.of(1e-8, training ? 1e-3 : 1e-4), precision.of(0, 1e-4));
    }

    private static void checkGradients(
            JsonObject run,
            String mode,
            Map<String, Tensor> tensors,
            Map<String, Tensor> parameters,
            Precision precision) {
        boolean training = mode.equals("train");
        JsonObject golden = run.getAsJsonObject("grad_norm");
        assertThat(golden.keySet())
                .isEqualTo(parameters.keySet().stream()
                        .map(name -> GoldenEncoder.PREFIX + name)
                        .collect(Collectors.toSet()));
        Map<String, Double> errors = new LinkedHashMap<>();
        int which = precision == Precision.F64 ? 1 : 0;
        double total = Math.sqrt(golden.entrySet().stream()
                .mapToDouble(entry -> Goldens.doubles(entry.getValue().getAsJsonArray())[which])
                .map(norm -> norm * norm)
                .sum());
        parameters.forEach((name, parameter) -> {
            String key = GoldenEncoder.PREFIX + name;
            double[] norms = Goldens.doubles(golden.getAsJsonArray(key));
            double expected = norms[which];
            double[] gradient = Tensors.doubles(parameter.grad());
            double actual = Math.sqrt(Arrays.stream(gradient).map(g -> g * g).sum());
            if (training && key.matches(BEFORE_NORM)) {
                assertClose("norm of the gradient of " + key, actual, expected, 0, 1e-6 * total);
                return;
            }
            errors.put(key, Math.abs(actual - expected) / expected);
            Tensor full = tensors.get(mode + ".grad." + key);
            if (full != null && precision == Precision.F64) {
                assertClose("gradient of " + key, gradient, Tensors.doubles(full), 1e-6);
            }
        });
        double worst = precision.of(1e-8, training ? 0.15 : 5e-3);
        errors.forEach((key, error) ->
                assertThat(error).as("norm of the gradient of %s", key).isLessThanOrEqualTo(worst));
        if (precision == Precision.F32 && training) {
            double median = errors.values().stream()
                    .sorted()
                    .skip(errors.size() / 2)
                    .findFirst()
                    .orElseThrow();
            assertThat(median).as("median error of the gradients' norms").isLessThanOrEqualTo(1e-2);
        }
    }

    private static void checkStatistics(
            JsonObject run, Map<String, Tensor> tensors, Map<String, Tensor> state, Precision precision) {
        double tolerance = precision.of(1e-8, 1e-4);
        JsonObject golden = run.getAsJsonObject("bn_after_one_forward");
        golden.entrySet().forEach(entry -> {
            String key = entry.getKey();
            double[] actual = Tensors.doubles(state.get(key.substring(GoldenEncoder.PREFIX.length())));
            if (entry.getValue().isJsonPrimitive()) {
                assertThat(actual).as(key).containsExactly(entry.getValue().getAsDouble());
                return;
            }
            JsonObject numbers = entry.getValue().getAsJsonObject();
            double norm = Goldens.doubles(numbers.getAsJsonArray("norm"))[precision == Precision.F64 ? 1 : 0];
            double largest = Arrays.stream(actual).map(Math::abs).max().orElseThrow();
            assertClose(key, Math.sqrt(Arrays.stream(actual).map(a -> a * a).sum()), norm, tolerance, 0);
            double[] first = Goldens.doubles(numbers.getAsJsonArray("first4"));
            for (int i = 0; i < first.length; i++) {
                assertClose(key + " " + i, actual[i], first[i], tolerance, 1e-4 * largest);
            }
            Tensor full = tensors.get("train.bn_after." + key);
            if (full != null) {
                // Shipped in float32, whatever the run.
                assertClose(key, actual, Tensors.doubles(full), 1e-4);
            }
        });
    }
}
