package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.contrast4j.data.Batch;
import io.contrast4j.eval.Accuracy;
import io.contrast4j.eval.FrozenEncoder;
import io.contrast4j.eval.LinearEvaluation;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** The linear evaluation of MoCo and align-uniform, {@code main_lincls}: some steps, and a validation after the last. */
@Tag("golden")
class LinclsGoldenTest {
    @TestFactory
    Stream<DynamicTest> steps() {
        return Goldens.find("align_uniform", "checkpoints*.json").flatMap(file -> {
            JsonObject golden = Goldens.json(file).getAsJsonObject("linear_eval");
            return golden.getAsJsonObject("runs").keySet().stream()
                    .flatMap(run -> Stream.of(Precision.values())
                            .map(precision -> DynamicTest.dynamicTest(
                                    run + " " + precision, () -> check(file, golden, run, precision))));
        });
    }

    private static void check(Path file, JsonObject golden, String run, Precision precision) {
        JsonObject expected = golden.getAsJsonObject("runs").getAsJsonObject(run);
        JsonArray inputs = golden.getAsJsonArray("inputs");
        JsonArray steps = expected.getAsJsonArray("steps");
        double tolerance = precision.of(1e-9, 1e-5);
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            Sgd.Config rule = new Sgd.Config(Double.parseDouble(run.substring("lr".length())), 0.9, 0, false);
            try (LinearSteps classifier = new LinearSteps(
                    file.resolveSibling(golden.get("pretrained").getAsString()),
                    precision,
                    FrozenEncoder.Mode.EVALUATION,
                    rule,
                    tensors.get("lincls/fc_weight_init"))) {
                JsonArray validation = validation(inputs, steps.size());
                for (int t = 0; t < steps.size(); t++) {
                    JsonObject input = inputs.get(t).getAsJsonObject();
                    JsonObject step = steps.get(t).getAsJsonObject();
                    double five =
                            topFive(classifier, input, t == 0 ? tensors.get("lincls/features_step0") : null, tolerance);
                    LinearEvaluation.Outcome outcome = classifier.step(input, validation);
                    assertClose("loss " + t, outcome.loss(), step.get("loss").getAsDouble(), tolerance, 0);
                    assertClose("acc1 " + t, outcome.train(), step.get("acc1").getAsDouble(), 0, 1e-4);
                    assertClose("acc5 " + t, five, step.get("acc5").getAsDouble(), 0, 1e-4);
                    Map<String, Tensor> live = classifier.evaluation().classifier(LinearSteps.OUTPUT, 0);
                    assertClose(
                            "bias " + t,
                            Tensors.doubles(live.get("fc.bias")),
                            Goldens.doubles(step.getAsJsonArray("fc_bias")),
                            tolerance);
                    if (t == steps.size() - 1) {
                        JsonObject after = expected.getAsJsonObject("validate_after");
                        assertClose(
                                "acc1", outcome.test().top1(), after.get("acc1").getAsDouble(), 0, 1e-4);
                        assertClose(
                                "acc5", outcome.test().top5(), after.get("acc5").getAsDouble(), 0, 1e-4);
                        assertClose(
                                "weight",
                                live.get("fc.weight"),
                                tensors.get("lincls/" + run + "/fc_weight_final"),
                                tolerance);
                        assertClose(
                                "bias",
                                live.get("fc.bias"),
                                tensors.get("lincls/" + run + "/fc_bias_final"),
                                tolerance);
                    }
                }
            }
        }
    }

    /** The input after the last step's, and the first five rows of the first one. */
    private static JsonArray validation(JsonArray inputs, int steps) {
        JsonObject few = inputs.get(0).getAsJsonObject().deepCopy();
        JsonArray labels = few.getAsJsonArray("labels");
        while (labels.size() > 5) {
            labels.remove(labels.size() - 1);
        }
        JsonArray both = new JsonArray();
        both.add(inputs.get(steps));
        both.add(few);
        return both;
    }

    private static double topFive(LinearSteps classifier, JsonObject input, Tensor features, double tolerance) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open();
                Batch batch = classifier.batch(input)) {
            Tensor vectors = classifier.encoder().training(batch).get(LinearSteps.OUTPUT);
            if (features != null) {
                assertClose("features", vectors, features, tolerance);
            }
            return Accuracy.top(classifier.evaluation().logits(LinearSteps.OUTPUT, 0, vectors), batch.labels(), 5);
        }
    }
}
