package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.data.Batching;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.eval.Accuracy;
import io.contrast4j.eval.CachedFeatures;
import io.contrast4j.eval.LinearEvaluation;
import io.contrast4j.eval.Standing;
import io.contrast4j.eval.Tally;
import io.contrast4j.nn.Classifier;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Sgd;
import io.contrast4j.optim.Warmup;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** SelfCon's linear evaluation: accuracies, and whole small runs with and without a sub-network. */
@Tag("golden")
class SelfConLinearGoldenTest {
    private static Stream<DynamicTest> cases(String part, String id, Check check) {
        return Goldens.find("selfcon", "linear/linear_eval*.json").flatMap(file -> {
            JsonArray all = Goldens.json(file).getAsJsonArray(part);
            return Stream.iterate(0, i -> i < all.size(), i -> i + 1).map(i -> {
                JsonObject golden = all.get(i).getAsJsonObject();
                String name = golden.has(id) ? golden.get(id).getAsString() : Integer.toString(i);
                return DynamicTest.dynamicTest(part + " " + name, () -> check.run(file, golden));
            });
        });
    }

    private interface Check {
        void run(Path file, JsonObject golden);
    }

    @TestFactory
    Stream<DynamicTest> accuracies() {
        return cases("accuracy", "case", (file, golden) -> {
            try (Scope scope = Scope.open()) {
                Map<String, Tensor> tensors = Goldens.tensors(file);
                String name = golden.get("case").getAsString();
                Tensor logits = tensors.get(name + ".logits");
                Tensor labels = Goldens.here(tensors.get(name + ".labels"));
                for (int k : new int[] {1, 5}) {
                    assertClose(
                            "top-" + k,
                            Accuracy.top(logits, labels, k),
                            golden.get("top" + k).getAsDouble(),
                            0,
                            1e-4);
                }
            }
        });
    }

    /** The mean so far of batches of several sizes, each of which gives one value for all its pictures. */
    @TestFactory
    Stream<DynamicTest> runningMeans() {
        return Goldens.find("selfcon", "linear/linear_eval*.json")
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    try (Tally tally = new Tally(Tally.Kept.NOTHING)) {
                        for (JsonElement element : Goldens.json(file).getAsJsonArray("running_mean")) {
                            JsonObject golden = element.getAsJsonObject();
                            add(
                                    tally,
                                    golden.get("value").getAsDouble(),
                                    golden.get("n").getAsLong());
                            double mean = tally.scores().get(0).loss();
                            assertClose("mean", mean, golden.get("avg").getAsDouble(), 1e-9, 0);
                            assertClose(
                                    "sum",
                                    mean * golden.get("count").getAsLong(),
                                    golden.get("sum").getAsDouble(),
                                    1e-9,
                                    0);
                        }
                    }
                }));
    }

    /** Pictures of the first of two classes whose loss, −log softmax, is the value: logits (0, log(eᵛ − 1)). */
    private static void add(Tally tally, double value, long pictures) {
        try (Scope scope = Scope.open()) {
            Tensor logits = Tensors.zeros(ScalarType.Double, pictures, 1, 2);
            logits.select(2, 1).fill_(new Scalar(Math.log(Math.expm1(value))));
            tally.add(logits, Tensors.zeros(ScalarType.Long, pictures));
        }
    }

    @TestFactory
    Stream<DynamicTest> protocol() {
        return Goldens.find("selfcon", "linear/linear_eval*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("protocol"))
                        .map(JsonElement::getAsJsonObject)
                        .flatMap(golden -> Stream.of(Precision.values())
                                .map(precision -> DynamicTest.dynamicTest(
                                        golden.get("id").getAsString() + " " + precision,
                                        () -> new Protocol(file, golden, precision).run()))));
    }

    private record Protocol(Path file, JsonObject golden, Precision precision) {
        private static final String BACKBONE = "feat";
        private static final String EXIT = "sub";
        private static final String ENSEMBLE = EXIT + "+" + BACKBONE;

        void run() {
            boolean hasExit = golden.get("subnet").getAsBoolean();
            JsonObject options = golden.getAsJsonObject("options");
            Map<String, Long> lengths = new LinkedHashMap<>();
            if (hasExit) {
                lengths.put(EXIT, golden.get("feature_dim").getAsLong());
            }
            lengths.put(BACKBONE, golden.get("feature_dim").getAsLong());
            try (Scope scope = Scope.open()) {
                Map<String, Tensor> tensors = Goldens.tensors(file);
                try (CachedFeatures train = part(tensors, "train", lengths, "batch_size");
                        CachedFeatures val = part(tensors, "val", lengths, "val_batch_size");
                        LinearEvaluation evaluation = new LinearEvaluation(
                                plan(options, hasExit),
                                new LinearEvaluation.Setting(
                                        lengths,
                                        golden.get("num_classes").getAsInt(),
                                        precision.type,
                                        Goldens.device(),
                                        1))) {
                    start(evaluation, BACKBONE, "classifier");
                    if (hasExit) {
                        start(evaluation, EXIT, "sub_classifier");
                    }
                    for (JsonElement epoch : golden.getAsJsonArray("epochs")) {
                        epoch(evaluation, epoch.getAsJsonObject(), evaluation.epoch(train, val, LinearSteps.WATCH));
                    }
                    checkFinal(evaluation, tensors, hasExit);
                }
            }
        }

        private CachedFeatures part(Map<String, Tensor> tensors, String part, Map<String, Long> outputs, String batch) {
            Map<String, Tensor> vectors = new LinkedHashMap<>();
            outputs.keySet()
                    .forEach(name -> vectors.put(
                            name, tensors.get("protocol." + part + "." + name).to(precision.type)));
            Tensor labels = Goldens.here(tensors.get("protocol." + part + ".labels"));
            return new CachedFeatures(
                    vectors,
                    labels,
                    new EpochOrder.Sequential((int) labels.numel()),
                    new Batching(golden.get(batch).getAsInt(), Batching.Last.KEEP));
        }

        private static LinearEvaluation.Plan plan(JsonObject options, boolean hasExit) {
            double rate = options.get("learning_rate").getAsDouble();
            double decay = options.get("lr_decay_rate").getAsDouble();
            Optional<Warmup> warmup = options.get("warm").getAsBoolean()
                    ? Optional.of(new Warmup(10, 0.01, Warmup.Shape.LINEAR))
                    : Optional.empty();
            Schedule.Config schedule = options.get("cosine").getAsBoolean()
                    ? new Schedule.Cosine.Config(
                            Math.pow(decay, 3),
                            Schedule.Cosine.FloorIs.SHARE,
                            Schedule.Last.AT_FLOOR,
                            warmup,
                            Optional.empty())
                    : new Schedule.Step.Config(
                            Arrays.stream(Goldens.longs(options.getAsJsonArray("lr_decay_epochs")))
                                    .mapToObj(Math::toIntExact)
                                    .toList(),
                            Schedule.Step.Falls.AFTER,
                            decay,
                            Schedule.Resume.BASE,
                            warmup,
                            Optional.empty());
            return new LinearEvaluation.Plan(
                    Classifier.LINEAR,
                    Classifier.Norm.NONE,
                    Classifier.Start.UNIFORM,
                    List.of(rate),
                    options.get("epochs").getAsInt(),
                    16,
                    hasExit ? List.of(List.of(EXIT, BACKBONE)) : List.of(),
                    new Sgd.Config(
                            rate,
                            options.get("momentum").getAsDouble(),
                            options.get("weight_decay").getAsDouble(),
                            false),
                    schedule);
        }

        private void start(LinearEvaluation evaluation, String output, String name) {
            long classes = golden.get("num_classes").getAsLong();
            Fill fill = Fill.he("");
            LinearSteps.start(
                    evaluation,
                    output,
                    fill.tensor(
                            name + ".fc.weight",
                            precision.type,
                            classes,
                            golden.get("feature_dim").getAsLong()),
                    Optional.of(fill.tensor(name + ".fc.bias", precision.type, classes)));
        }

        private void epoch(LinearEvaluation evaluation, JsonObject expected, List<LinearEvaluation.Outcome> outcomes) {
            double tolerance = precision.of(1e-9, 1e-5);
            assertClose(
                    "rate", evaluation.learningRates()[0], expected.get("lr").getAsDouble(), 1e-12, 0);
            for (LinearEvaluation.Outcome outcome : outcomes) {
                String prefix = outcome.name().equals(EXIT) ? "sub_" : "";
                if (!outcome.name().equals(ENSEMBLE)) {
                    assertClose(
                            outcome.name(),
                            outcome.loss(),
                            expected.get(prefix + "train_loss").getAsDouble(),
                            tolerance,
                            0);
                    assertClose(
                            outcome.name(),
                            outcome.train(),
                            expected.get(prefix + "train_top1").getAsDouble(),
                            0,
                            1e-4);
                }
                if (outcome.name().equals(BACKBONE)) {
                    assertClose(
                            "val",
                            outcome.test().loss(),
                            expected.get("val_loss").getAsDouble(),
                            tolerance,
                            0);
                }
                Tally.Score test = outcome.test();
                percent(expected.getAsJsonArray("val_" + row(outcome.name())), test.top1(), test.top5());
            }
            JsonObject best = expected.getAsJsonObject("best");
            evaluation.standings().forEach((name, all) -> {
                Standing one = all.get(0);
                percent(best.getAsJsonArray(row(name)), one.top1(), one.top5(), one.train());
            });
            try (Scope scope = Scope.open()) {
                double[] bias =
                        Tensors.doubles(evaluation.classifier(BACKBONE, 0).get("fc.bias"));
                double[] first =
                        Goldens.doubles(expected.getAsJsonObject("classifier").getAsJsonArray("bias"));
                assertClose("bias", Arrays.copyOf(bias, first.length), first, tolerance);
            }
        }

        private static String row(String name) {
            return switch (name) {
                case BACKBONE -> "backbone";
                case EXIT -> "sub";
                default -> "ensemble";
            };
        }

        private static void percent(JsonArray expected, double... actual) {
            double[] values = Goldens.doubles(expected);
            for (int i = 0; i < values.length; i++) {
                assertClose("entry " + i, actual[i], values[i], 0, 1e-4);
            }
        }

        private void checkFinal(LinearEvaluation evaluation, Map<String, Tensor> tensors, boolean hasExit) {
            String prefix = "protocol." + golden.get("id").getAsString() + ".final.";
            double tolerance = precision.of(1e-9, 1e-5);
            Map<String, String> names =
                    hasExit ? Map.of(BACKBONE, "classifier", EXIT, "sub_classifier") : Map.of(BACKBONE, "classifier");
            names.forEach((output, name) -> {
                Map<String, Tensor> live = evaluation.classifier(output, 0);
                live.forEach(
                        (key, tensor) -> assertClose(key, tensor, tensors.get(prefix + name + "." + key), tolerance));
                String logits = output.equals(EXIT) ? "val_sub_logits" : "val_logits";
                Tensor vectors = tensors.get("protocol.val." + output).to(precision.type);
                assertClose(logits, evaluation.logits(output, 0, vectors), tensors.get(prefix + logits), tolerance);
            });
        }
    }
}
