package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static io.contrast4j.golden.Precision.relative;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.eval.Accuracy;
import io.contrast4j.objective.AlignUniform;
import io.contrast4j.objective.Alignment;
import io.contrast4j.objective.Loss;
import io.contrast4j.objective.Scores;
import io.contrast4j.objective.Uniformity;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Alignment, uniformity and the contrastive term: alone, weighted, as functions, and where formulas have no value. */
@Tag("golden")
class AlignUniformGoldenTest {
    private static final Pattern EDGE = Pattern.compile("(align_identical_over_unit|align_identical_exact"
            + "|standalone_align_identical)_a([0-9.]+)|standalone_uniform_(single_row|identical_rows)");

    private static Stream<Path> files() {
        return Goldens.find("align_uniform", "loss_terms*.json");
    }

    @TestFactory
    Stream<DynamicTest> weightedTerms() {
        List<DynamicTest> tests = new ArrayList<>();
        files().forEach(file -> Goldens.json(file)
                .getAsJsonObject("cases")
                .entrySet()
                .forEach(size -> size.getValue().getAsJsonObject().getAsJsonObject("configs").entrySet().stream()
                        .forEach(config -> {
                            for (Precision precision : Precision.values()) {
                                String name = size.getKey() + "/" + config.getKey();
                                tests.add(DynamicTest.dynamicTest(
                                        name + " " + precision,
                                        () -> checkTerms(
                                                file,
                                                size.getKey(),
                                                name,
                                                config.getValue().getAsJsonObject(),
                                                precision)));
                            }
                        })));
        return tests.stream();
    }

    private static void checkTerms(Path file, String size, String name, JsonObject config, Precision precision) {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            Tensor raw = tensors.get(size + "/raw_q").to(precision.type).set_requires_grad(true);
            Scores scores = scores(raw, tensors, size, precision);
            double[] weights = Goldens.doubles(config.getAsJsonArray("weights"));
            Loss loss = new AlignUniform(config(config, weights)).of(List.of(scores));
            loss.total().backward();

            JsonObject expected = config.getAsJsonObject("expected");
            checkValue("total", loss.total(), expected.get("total"), precision);
            String[] keys = {"loss_contr", "loss_align", "loss_unif"};
            String[] parts = {"contrastive.q", "align.q", "unif.q"};
            for (int i = 0; i < keys.length; i++) {
                assertThat(loss.parts().containsKey(parts[i])).as(parts[i]).isEqualTo(weights[i] != 0);
                if (!expected.get(keys[i]).isJsonNull()) {
                    // Some values are of terms whose weight is 0: each is computed on its own.
                    double[] only = new double[3];
                    only[i] = 1;
                    Loss alone = new AlignUniform(config(config, only)).of(List.of(scores));
                    checkValue(keys[i], alone.total(), expected.get(keys[i]), precision);
                    checkValue(keys[i], alone.parts().get(parts[i]), expected.get(keys[i]), precision);
                    if (weights[i] != 0) {
                        checkValue(keys[i], loss.parts().get(parts[i]), expected.get(keys[i]), precision);
                    }
                }
            }
            if (tensors.containsKey(name + "/logits")) {
                checkLogits(scores, tensors.get(name + "/logits"), config, precision);
            }
            Tensor gradient = tensors.get(name + "/grad_raw_q");
            // Gradients that were stored as float32 are rounded from float64.
            boolean rounded = gradient.element_size() == 4;
            double tolerance = precision.of(rounded ? 1e-7 : 1e-9, 2e-5);
            assertThat(relative(raw.grad(), gradient)).as("gradient").isLessThanOrEqualTo(tolerance);
        }
    }

    /** The positive is the first of the logits; acc1 and acc5 say how often it is among the largest. */
    private static void checkLogits(Scores scores, Tensor golden, JsonObject config, Precision precision) {
        Tensor logits = torch.cat(new TensorVector(scores.positive(), scores.negatives()), 1)
                .div(Tensors.scalar(config.get("tau").getAsDouble()));
        assertClose("logits", logits, golden, precision.of(1e-7, 1e-6));
        JsonObject expected = config.getAsJsonObject("expected");
        Tensor first = Goldens.here(Tensors.zeros(ScalarType.Long, logits.size(0)));
        for (int k : new int[] {1, 5}) {
            assertThat(Accuracy.top(logits, first, k))
                    .isCloseTo(expected.get("acc" + k).getAsDouble(), within(1e-4));
        }
    }

    private static Scores scores(Tensor raw, Map<String, Tensor> tensors, String size, Precision precision) {
        Tensor q = Tensors.unitRows(raw);
        Tensor k = Tensors.unitRows(tensors.get(size + "/raw_k").to(precision.type));
        Tensor queue = tensors.get(size + "/queue").to(precision.type);
        Tensor positive = q.mul(k).sum(new long[] {1}, true, null);
        return Scores.of("q", positive, q.matmul(queue), queue.size(1)).within(List.of(q.matmul(q.t())));
    }

    private static AlignUniform.Config config(JsonObject config, double[] weights) {
        JsonElement intra = config.get("intra");
        return new AlignUniform.Config(
                new AlignUniform.Config.Contrastive(weights[0], orOne(config.get("tau"))),
                new AlignUniform.Config.Align(weights[1], orOne(config.get("alpha"))),
                new AlignUniform.Config.Uniform(
                        weights[2],
                        orOne(config.get("t")),
                        intra.isJsonNull() || !intra.getAsBoolean()
                                ? AlignUniform.Pairs.NEGATIVES
                                : AlignUniform.Pairs.NEGATIVES_AND_BATCH));
    }

    /** What a case leaves out belongs to a term of weight 0. */
    private static double orOne(JsonElement value) {
        return value.isJsonNull() ? 1 : value.getAsDouble();
    }

    private static void checkValue(String what, Tensor actual, JsonElement expected, Precision precision) {
        assertClose(
                what, Tensors.scalar(actual), expected.getAsDouble(), precision.of(1e-9, 0), precision.of(1e-11, 5e-6));
    }

    @TestFactory
    Stream<DynamicTest> functions() {
        return files().flatMap(file -> Goldens.json(file).getAsJsonObject("standalone").entrySet().stream()
                .flatMap(entry -> Stream.of(Precision.values())
                        .map(precision -> DynamicTest.dynamicTest(
                                entry.getKey() + " " + precision,
                                () -> checkFunctions(
                                        file,
                                        "standalone/" + entry.getKey(),
                                        entry.getValue().getAsJsonObject(),
                                        precision)))));
    }

    private static void checkFunctions(Path file, String prefix, JsonObject golden, Precision precision) {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            golden.getAsJsonObject("align").entrySet().forEach(entry -> {
                Tensor x = leaf(tensors.get(prefix + "/x"), precision);
                Tensor y = leaf(tensors.get(prefix + "/y"), precision);
                Tensor value = new Alignment(Double.parseDouble(entry.getKey())).of(x, y);
                value.backward();
                checkValue(prefix, value, entry.getValue().getAsJsonObject().get("value"), precision);
                checkGradient(prefix + "/align_a" + entry.getKey() + "/grad_x", x, tensors, precision);
                checkGradient(prefix + "/align_a" + entry.getKey() + "/grad_y", y, tensors, precision);
            });
            golden.getAsJsonObject("uniform").entrySet().forEach(entry -> {
                Tensor x = leaf(tensors.get(prefix + "/x"), precision);
                Tensor value = new Uniformity(Double.parseDouble(entry.getKey())).of(x);
                value.backward();
                checkValue(prefix, value, entry.getValue().getAsJsonObject().get("value"), precision);
                checkGradient(prefix + "/uniform_t" + entry.getKey() + "/grad_x", x, tensors, precision);
            });
        }
    }

    /** A copy, so that every function's gradient stands alone. */
    private static Tensor leaf(Tensor values, Precision precision) {
        return values.to(precision.type).detach().clone().set_requires_grad(true);
    }

    private static void checkGradient(String name, Tensor leaf, Map<String, Tensor> tensors, Precision precision) {
        assertThat(tensors).containsKey(name);
        assertThat(relative(leaf.grad(), tensors.get(name))).as(name).isLessThanOrEqualTo(precision.of(1e-9, 2e-5));
    }

    @TestFactory
    Stream<DynamicTest> edges() {
        return files().flatMap(file -> Goldens.json(file).getAsJsonObject("edge").entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(
                        entry.getKey(),
                        () -> checkEdge(entry.getKey(), entry.getValue().getAsJsonObject()))));
    }

    /** Three equal rows in float32, whose length is 1 or, by one rounding, more. */
    private static void checkEdge(String name, JsonObject golden) {
        Matcher matcher = EDGE.matcher(name);
        assertThat(matcher.matches()).as("known case").isTrue();
        try (Scope scope = Scope.open()) {
            boolean over = name.contains("over_unit");
            float length = over ? 1 + Math.ulp(1f) : 1;
            int rows = name.contains("single_row") ? 1 : 3;
            float[] values = new float[rows * 4];
            for (int r = 0; r < rows; r++) {
                values[4 * r] = length;
            }
            Tensor q = Goldens.here(Tensors.of(values, rows, 4)).set_requires_grad(true);
            Tensor k = Goldens.here(Tensors.of(values, rows, 4));
            UnaryOperator<Tensor> loss;
            if (matcher.group(2) == null) {
                loss = x -> new Uniformity(2).of(x);
            } else {
                Alignment alignment = new Alignment(Double.parseDouble(matcher.group(2)));
                loss = name.startsWith("standalone")
                        ? x -> alignment.of(x, k)
                        : x -> alignment.ofSimilarities(x.mul(k).sum(new long[] {1}, true, null));
            }
            Tensor value = loss.apply(q);
            if (rows == 1) {
                // The mean over no pairs.
                assertThat(golden.get("literal_f32").getAsString()).isEqualTo("NaN");
                assertThat(Tensors.scalar(value)).isNaN();
                return;
            }
            value.backward();
            assertThat(Tensors.scalar(value)).isCloseTo(0, within(1e-6)).isNotNegative();
            double[] gradient = Tensors.doubles(q.grad());
            String literal = golden.get("literal_grad0").getAsString();
            boolean clamped = over || literal.equals("NaN") || literal.endsWith("Infinity");
            for (double g : gradient) {
                assertThat(g).isFinite();
            }
            assertThat(gradient[0]).isCloseTo(clamped ? 0 : Double.parseDouble(literal), within(1e-6));
        }
    }
}
