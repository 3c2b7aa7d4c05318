package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.contrast4j.eval.FrozenEncoder;
import io.contrast4j.eval.LinearEvaluation;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Ring's transfer: with the encoder in evaluation, as intended, and literally, in training with two passes a step. */
@Tag("golden")
class RingTransferGoldenTest {
    @TestFactory
    Stream<DynamicTest> steps() {
        return Goldens.find("ring", "checkpoints*.json")
                .flatMap(file -> Goldens.json(file).entrySet().stream()
                        .filter(entry -> entry.getValue().isJsonObject()
                                && entry.getValue().getAsJsonObject().has("transfer"))
                        .flatMap(entry -> Stream.of("literal", "intended")
                                .flatMap(form -> Stream.of(Precision.values())
                                        .map(precision -> DynamicTest.dynamicTest(
                                                entry.getKey() + " " + form + " " + precision,
                                                () -> check(
                                                        file,
                                                        entry.getKey(),
                                                        entry.getValue().getAsJsonObject(),
                                                        form,
                                                        precision))))));
    }

    private static void check(Path file, String name, JsonObject golden, String form, Precision precision) {
        JsonObject transfer = golden.getAsJsonObject("transfer");
        JsonObject expected = transfer.getAsJsonObject(form);
        FrozenEncoder.Mode mode =
                form.equals("literal") ? FrozenEncoder.Mode.TRAINING_TWICE : FrozenEncoder.Mode.EVALUATION;
        double tolerance = precision.of(1e-9, 1e-5);
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            Sgd.Config rule = new Sgd.Config(
                    transfer.get("lr").getAsDouble(),
                    transfer.get("momentum").getAsDouble(),
                    transfer.get("weight_decay").getAsDouble(),
                    false);
            try (LinearSteps classifier = new LinearSteps(
                    file.resolveSibling(golden.get("file").getAsString()),
                    precision,
                    mode,
                    rule,
                    tensors.get(name + "/transfer/weight_init"))) {
                JsonArray inputs = transfer.getAsJsonArray("train_inputs");
                JsonArray steps = expected.getAsJsonArray("steps");
                JsonArray validation = new JsonArray();
                validation.add(transfer.get("val_input"));
                LinearEvaluation.Outcome outcome = null;
                for (int t = 0; t < steps.size(); t++) {
                    JsonObject input = inputs.get(t).getAsJsonObject();
                    JsonObject step = steps.get(t).getAsJsonObject();
                    outcome = classifier.step(input, validation);
                    assertClose("loss " + t, outcome.loss(), step.get("loss").getAsDouble(), tolerance, 0);
                    assertThat(Math.round(outcome.train()
                                    * input.getAsJsonArray("labels").size()
                                    / 100))
                            .as("correct in step " + t)
                            .isEqualTo(step.get("num_correct").getAsLong());
                }
                assertClose(
                        "loss", outcome.test().loss(), expected.get("val_loss").getAsDouble(), tolerance, 0);
                assertThat(Math.round(outcome.test().top1()
                                * expected.get("val_num_total").getAsLong()
                                / 100))
                        .isEqualTo(expected.get("val_num_correct").getAsLong());
                Map<String, Tensor> live = classifier.evaluation().classifier(LinearSteps.OUTPUT, 0);
                String prefix = name + "/transfer/" + form + "/";
                assertClose("weight", live.get("fc.weight"), tensors.get(prefix + "weight_final"), tolerance);
                assertClose("bias", live.get("fc.bias"), tensors.get(prefix + "bias_final"), tolerance);
                Map<String, Tensor> encoder = StateDict.of(classifier.network());
                assertClose(
                        "running mean",
                        encoder.get("features.1.running_mean"),
                        tensors.get(prefix + "bn1_running_mean"),
                        tolerance);
                assertThat(Tensors.longs(encoder.get("features.1.num_batches_tracked")))
                        .containsExactly(
                                expected.get("encoder_num_batches_tracked").getAsLong());
            }
        }
    }
}
