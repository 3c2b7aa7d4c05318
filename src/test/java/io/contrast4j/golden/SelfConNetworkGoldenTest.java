package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.contrast4j.golden.GoldenKeys.Key;
import io.contrast4j.objective.OneStageLoss;
import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** SelfCon's networks: names, order and shapes of their tensors, and their numbers forward and backward. */
@Tag("golden")
class SelfConNetworkGoldenTest {
    /** A network with more parameters than this takes seconds for each run: it belongs to the slow tests. */
    private static final long LARGE = 1_000_000;

    @TestFactory
    Stream<DynamicTest> keys() {
        return keyCases(false);
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> keysOfLargeNetworks() {
        return keyCases(true);
    }

    private static Stream<DynamicTest> keyCases(boolean large) {
        List<DynamicTest> tests = Goldens.find("selfcon", "networks/keys_*.json")
                .flatMap(file -> Goldens.json(file).entrySet().stream())
                .filter(entry ->
                        entry.getValue().getAsJsonObject().get("parameters").getAsLong() > LARGE == large)
                .map(entry -> DynamicTest.dynamicTest(
                        entry.getKey(), () -> checkKeys(entry.getValue().getAsJsonObject())))
                .toList();
        assumeTrue(!tests.isEmpty(), "no such networks in " + Goldens.root());
        return tests.stream();
    }

    private static void checkKeys(JsonObject golden) {
        JsonObject arguments = golden.getAsJsonObject("kwargs");
        // The published network looks at the first flag only, but makes a head for each; here one exit is one exit.
        assumeTrue(
                !arguments.get("name").getAsString().equals("efficientnet")
                        || !arguments.has("selfcon_pos")
                        || arguments.getAsJsonArray("selfcon_pos").size() == 1,
                "an EfficientNet has one exit");
        List<Key> expected = new ArrayList<>();
        for (JsonElement element : golden.getAsJsonArray("keys")) {
            JsonArray key = element.getAsJsonArray();
            expected.add(new Key(
                    key.get(0).getAsString(),
                    GoldenKeys.shape(Goldens.longs(key.get(1).getAsJsonArray())),
                    key.get(2).getAsString().equals("i64"),
                    key.get(3).getAsString().equals("param")));
        }
        Key first = expected.get(0);
        boolean cannotRun = arguments.get("name").getAsString().startsWith("wrn")
                && first.shape().get(1) == 7;
        if (cannotRun) {
            // The published stem for ImageNet takes seven channels by mistake; here it is the one for all pictures.
            expected.set(0, new Key(first.name(), List.of(first.shape().get(0), 3L, 3L, 3L), false, true));
        }
        int inChannels = expected.get(0).shape().get(1).intValue();
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            GoldenSelfCon net =
                    arena.own(() -> GoldenSelfCon.of(golden.get("model_class").getAsString(), arguments, inChannels));
            List<Key> actual = new ArrayList<>(GoldenKeys.of(net.module));
            if (arguments.has("head") && arguments.get("head").getAsString().equals("linear")) {
                // The published network hides these heads from its parameters, and so never trains them.
                actual.removeIf(key -> key.name().startsWith("sub_heads."));
            }
            assertThat(actual).isEqualTo(expected);
            Map<String, Tensor> parameters = StateDict.parameters(net.module);
            assertThat(parameters.entrySet().stream()
                            .filter(entry -> !entry.getValue().requires_grad())
                            .map(Map.Entry::getKey)
                            .toList())
                    .isEqualTo(Goldens.stream(golden.getAsJsonArray("frozen"))
                            .map(JsonElement::getAsString)
                            .toList());
            assumeTrue(!cannotRun, "the published network cannot run");
            assertThat(count(actual, true)).isEqualTo(golden.get("parameters").getAsLong());
            assertThat(count(actual, false))
                    .isEqualTo(golden.get("buffer_elements").getAsLong());
        }
    }

    private static long count(List<Key> keys, boolean parameters) {
        return keys.stream()
                .filter(key -> key.parameter() == parameters)
                .mapToLong(key -> key.shape().stream().reduce(1L, (a, b) -> a * b))
                .sum();
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> runs() {
        return Goldens.find("selfcon", "networks/run_*.json")
                .flatMap(file -> Goldens.stream(array(file))
                        .map(JsonElement::getAsJsonObject)
                        .flatMap(golden -> Stream.of(Precision.values())
                                .flatMap(precision -> Stream.of("eval", "train")
                                        .map(mode -> DynamicTest.dynamicTest(
                                                golden.get("id").getAsString() + " " + mode + " " + precision,
                                                () -> checkRuns(file, golden, mode, precision))))));
    }

    private static JsonArray array(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void checkRuns(Path file, JsonObject golden, String mode, Precision precision) {
        JsonArray runs = golden.getAsJsonArray(mode);
        assumeTrue(!runs.isEmpty(), "no run in this mode");
        for (int i = 0; i < runs.size(); i++) {
            JsonObject run = runs.get(i).getAsJsonObject();
            long[] shape = Goldens.longs(run.getAsJsonArray("shape"));
            try (Arena arena = new Arena();
                    Scope scope = Scope.open()) {
                GoldenSelfCon net = arena.own(() -> GoldenSelfCon.of(
                        golden.get("model_class").getAsString(), golden.getAsJsonObject("kwargs"), (int) shape[1]));
                Fill.he(golden.get("fill_prefix").getAsString()).fill(net.module, precision.type);
                Tensor images = images(run, precision.type, shape);
                if (mode.equals("eval")) {
                    String id = golden.get("id").getAsString() + ".eval" + i + ".";
                    checkEvaluation(net, run, images, Goldens.tensors(file), id, precision);
                } else {
                    checkTraining(net, golden, run, images, precision);
                }
            }
        }
    }

    /** Noise, or noise whose values are repeated over squares of 8×8. */
    private static Tensor images(JsonObject run, ScalarType type, long[] shape) {
        String name = run.get("input_name").getAsString();
        if (run.get("input").getAsString().equals("noise")) {
            return Fill.noise(name, type, shape);
        }
        return Fill.noise(name, type, shape[0], shape[1], shape[2] / 8, shape[3] / 8)
                .repeat_interleave(8, new LongOptional(2), new LongOptional())
                .repeat_interleave(8, new LongOptional(3), new LongOptional());
    }

    private static void checkEvaluation(
            GoldenSelfCon net,
            JsonObject run,
            Tensor images,
            Map<String, Tensor> full,
            String id,
            Precision precision) {
        net.module.eval();
        try (NoGrad noGrad = NoGrad.open()) {
            Map<String, Tensor> outputs = net.outputs(images);
            outputs.putAll(net.vectors(images));
            double tolerance = precision.of(1e-9, 1e-5);
            assertThat(outputs.keySet())
                    .containsAll(run.getAsJsonObject("outputs").keySet());
            run.getAsJsonObject("outputs").entrySet().forEach(entry -> {
                String name = entry.getKey();
                double[] actual = Tensors.doubles(outputs.get(name));
                checkSummary(name, actual, entry.getValue().getAsJsonObject(), tolerance);
                if (full.containsKey(id + name)) {
                    double[] expected = Tensors.doubles(full.get(id + name));
                    double[] difference = new double[expected.length];
                    Arrays.setAll(difference, j -> actual[j] - expected[j]);
                    assertThat(l2(difference)).as(name).isLessThanOrEqualTo(tolerance * l2(expected));
                }
            });
        }
    }

    /** Mean, deviation, length and the values at both ends; the tolerance is relative to the length. */
    private static void checkSummary(String what, double[] actual, JsonObject expected, double tolerance) {
        double length = expected.get("l2").getAsDouble();
        double mean = Arrays.stream(actual).average().orElseThrow();
        double variance = Arrays.stream(actual)
                .map(a -> (a - mean) * (a - mean))
                .average()
                .orElseThrow();
        double rms = length / Math.sqrt(actual.length);
        assertClose(what + " mean", mean, expected.get("mean").getAsDouble(), 0, tolerance * rms);
        assertClose(what + " std", Math.sqrt(variance), expected.get("std").getAsDouble(), 0, tolerance * rms);
        assertClose(what + " l2", l2(actual), length, tolerance, 0);
        checkEnds(what, actual, expected, "first8", "last8", tolerance * length);
    }

    private static void checkEnds(
            String what, double[] actual, JsonObject expected, String first, String last, double absolute) {
        double[] head = Goldens.doubles(expected.getAsJsonArray(first));
        double[] tail = expected.has(last) ? Goldens.doubles(expected.getAsJsonArray(last)) : new double[0];
        for (int i = 0; i < head.length; i++) {
            assertClose(what + " " + first, actual[i], head[i], 0, absolute);
        }
        for (int i = 0; i < tail.length; i++) {
            assertClose(what + " " + last, actual[actual.length - tail.length + i], tail[i], 0, absolute);
        }
    }

    /** The loss of the golden runs: temperature 3, the label of row r being (3r + 1) mod C. */
    private static Tensor oneStageLoss(Map<String, Tensor> outputs, JsonObject arguments) {
        Tensor logits = outputs.get("out.logits");
        int classes = (int) logits.size(1);
        long[] labels = LongStream.range(0, logits.size(0))
                .map(r -> (3 * r + 1) % classes)
                .toArray();
        Tensor y = Goldens.here(Tensors.of(labels, labels.length));
        List<Tensor> exitLogits = all(outputs, "out.sub_logits");
        List<Tensor> exitFeatures = all(outputs, "out.sub_feat");
        OneStageLoss.Weights weights = OneStageLossGoldenTest.variant(
                        arguments.get("method").getAsString())
                .weights();
        List<Scores> contrasts = weights.gamma() > 0
                ? OneStageLossGoldenTest.contrasts(exitFeatures, outputs.get("out.feat"), y)
                : List.of();
        return new OneStageLoss(weights, 3).of(logits, exitLogits, contrasts, y).total();
    }

    private static List<Tensor> all(Map<String, Tensor> outputs, String prefix) {
        return Stream.iterate(0, e -> outputs.containsKey(prefix + e), e -> e + 1)
                .map(e -> outputs.get(prefix + e))
                .toList();
    }

    private static void checkTraining(
            GoldenSelfCon net, JsonObject golden, JsonObject run, Tensor images, Precision precision) {
        net.module.train(true);
        Map<String, Tensor> outputs = net.outputs(images);
        boolean resNet =
                golden.getAsJsonObject("kwargs").get("name").getAsString().startsWith("resnet");
        double tolerance = precision.of(1e-9, resNet ? 5e-4 : 1e-5);
        run.getAsJsonObject("outputs")
                .entrySet()
                .forEach(entry -> checkSummary(
                        entry.getKey(),
                        Tensors.doubles(outputs.get(entry.getKey())),
                        entry.getValue().getAsJsonObject(),
                        tolerance));
        Tensor loss;
        if (net.isOneStage()) {
            loss = oneStageLoss(outputs, golden.getAsJsonObject("kwargs"));
        } else {
            loss = Goldens.here(Tensors.zeros(precision.type));
            for (Map.Entry<String, Tensor> output : outputs.entrySet()) {
                String name = "cotangent." + output.getKey().substring("out.".length());
                Tensor weights = Fill.noise(name, precision.type, Tensors.shape(output.getValue()));
                loss = loss.add(output.getValue().mul(weights).sum());
            }
        }
        // The loss is a sum of unit vectors' parts: its scale is 1, whatever remains of it.
        assertClose("loss", Tensors.scalar(loss), run.get("loss").getAsDouble(), tolerance, 10 * tolerance);
        loss.backward();
        checkGradients(run, StateDict.parameters(net.module), precision);
        JsonObject statistics = run.getAsJsonObject("bn_after");
        Map<String, Tensor> state = StateDict.of(net.module);
        statistics
                .entrySet()
                .forEach(entry -> checkProjected(
                        entry.getKey(),
                        Tensors.doubles(state.get(entry.getKey())),
                        entry.getValue().getAsJsonObject(),
                        precision.of(1e-9, 2e-4),
                        precision.of(1e-9, 2e-4)));
        double[] tracked = state.entrySet().stream()
                .filter(entry -> entry.getKey().endsWith("num_batches_tracked"))
                .mapToDouble(entry -> Tensors.scalar(entry.getValue()))
                .distinct()
                .toArray();
        assertThat(tracked).isEqualTo(Goldens.doubles(run.getAsJsonArray("num_batches_tracked")));
    }

    private static void checkGradients(JsonObject run, Map<String, Tensor> parameters, Precision precision) {
        JsonObject golden = run.getAsJsonObject("grads");
        assertThat(parameters.keySet()).isEqualTo(golden.keySet());
        double squares = 0;
        for (Map.Entry<String, Tensor> parameter : parameters.entrySet()) {
            String name = parameter.getKey();
            Tensor gradient = parameter.getValue().grad();
            if (golden.get(name).isJsonNull()) {
                assertThat(gradient.defined()).as("gradient of " + name).isFalse();
                continue;
            }
            JsonObject expected = golden.getAsJsonObject(name);
            double[] actual = Tensors.doubles(gradient);
            squares += Arrays.stream(actual).map(a -> a * a).sum();
            if (expected.has("zero") && expected.get("zero").getAsBoolean()) {
                assertThat(l2(actual)).as("gradient of " + name).isLessThan(precision.of(1e-8, 1e-3));
            } else {
                checkProjected(name, actual, expected, precision.of(1e-8, 0.05), precision.of(1e-8, 0.25));
            }
        }
        double total = run.get("total_grad_l2").getAsDouble();
        assertClose("all gradients", Math.sqrt(squares), total, precision.of(1e-8, 5e-3), 0);
    }

    /** Length, and the sum of products with noise of the tensor's name, which shows a permutation. */
    private static void checkProjected(
            String name, double[] actual, JsonObject expected, double tolerance, double projected) {
        double length = expected.get("l2").getAsDouble();
        float[] noise = Fill.noise("proj." + name, actual.length);
        double product = 0;
        for (int i = 0; i < actual.length; i++) {
            product += actual[i] * noise[i];
        }
        assertClose(name + " l2", l2(actual), length, tolerance, 0);
        assertClose(name + " proj", product, expected.get("proj").getAsDouble(), 0, projected * length);
        checkEnds(name, actual, expected, "first4", "last4", projected * length);
    }

    private static double l2(double[] values) {
        return Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
    }
}
