package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static io.contrast4j.golden.Precision.relative;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.eval.Accuracy;
import io.contrast4j.negatives.InBatch;
import io.contrast4j.objective.Distillation;
import io.contrast4j.objective.Loss;
import io.contrast4j.objective.OneStageLoss;
import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Distillation, and the loss of SelfCon's one-stage training with the weights of each variant and with others. */
@Tag("golden")
class OneStageLossGoldenTest {
    private static Stream<DynamicTest> cases(String list, Check check) {
        return Goldens.find("selfcon", "ce/ce_losses*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray(list))
                        .map(JsonElement::getAsJsonObject)
                        .flatMap(golden -> Stream.of(Precision.values())
                                .map(precision -> DynamicTest.dynamicTest(
                                        golden.get("case").getAsString() + " " + precision,
                                        () -> check.run(file, golden, precision)))));
    }

    private interface Check {
        void run(Path file, JsonObject golden, Precision precision);
    }

    @TestFactory
    Stream<DynamicTest> distillation() {
        return cases("kl", OneStageLossGoldenTest::checkDistillation);
    }

    private static void checkDistillation(Path file, JsonObject golden, Precision precision) {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            String name = golden.get("case").getAsString();
            Tensor student = leaf(tensors.get(name + ".student"), precision);
            Tensor teacher = leaf(tensors.get(name + ".teacher"), precision);
            Tensor loss = new Distillation(golden.get("T").getAsDouble()).of(student, teacher);
            loss.backward();
            checkLoss(loss, golden, precision);
            checkGradient(name + ".grad_student", student, tensors, precision);
            assertThat(teacher.grad().defined()).isFalse();
        }
    }

    @TestFactory
    Stream<DynamicTest> combined() {
        return cases("combined", OneStageLossGoldenTest::checkCombined);
    }

    private static void checkCombined(Path file, JsonObject golden, Precision precision) {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            String inputs = golden.get("inputs").getAsString();
            String name = golden.get("case").getAsString();
            Tensor logits = leaf(tensors.get(inputs + ".logits"), precision);
            Tensor features = leaf(tensors.get(inputs + ".feat"), precision);
            Tensor labels = Goldens.here(tensors.get(inputs + ".labels"));
            List<Tensor> exitLogits = new ArrayList<>();
            List<Tensor> exitFeatures = new ArrayList<>();
            OneStageLoss.Weights weights = new OneStageLoss.Weights(
                    golden.get("alpha").getAsDouble(),
                    golden.get("beta").getAsDouble(),
                    golden.get("gamma").getAsDouble());
            if (!golden.get("weights").getAsString().equals("overridden")) {
                assertThat(variant(golden.get("method").getAsString()).weights())
                        .isEqualTo(weights);
            }
            for (int e = 0; e < golden.get("exits").getAsInt(); e++) {
                exitLogits.add(leaf(tensors.get(inputs + ".sub_logits" + e), precision));
                exitFeatures.add(leaf(tensors.get(inputs + ".sub_feat" + e), precision));
            }
            // Only this method's network has features to contrast.
            boolean contrast = golden.get("method").getAsString().equals("selfcon");
            OneStageLoss objective = new OneStageLoss(
                    contrast ? weights : new OneStageLoss.Weights(weights.alpha(), weights.beta(), 0),
                    golden.get("temperature").getAsDouble());
            List<Scores> contrasts = contrast ? contrasts(exitFeatures, features, labels) : List.of();
            Loss loss = objective.of(logits, exitLogits, contrasts, labels);
            loss.total().backward();

            checkLoss(loss.total(), golden, precision);
            assertThat(Accuracy.top(logits, labels, 1))
                    .isCloseTo(golden.get("top1_backbone_percent").getAsDouble(), within(1e-4));
            checkGradient(name + ".grad_logits", logits, tensors, precision);
            checkGradient(name + ".grad_feat", features, tensors, precision);
            for (int e = 0; e < exitLogits.size(); e++) {
                checkGradient(name + ".grad_sub_logits" + e, exitLogits.get(e), tensors, precision);
                checkGradient(name + ".grad_sub_feat" + e, exitFeatures.get(e), tensors, precision);
            }
        }
    }

    static OneStageLoss.Variant variant(String method) {
        return OneStageLoss.Variant.valueOf(method.toUpperCase(Locale.ROOT));
    }

    /** Each exit's features with the end's, the exit first. */
    static List<Scores> contrasts(List<Tensor> exits, Tensor end, Tensor labels) {
        return exits.stream()
                .map(exit -> InBatch.of("exit", List.of(exit, end), InBatch.sameClass(labels), InBatch.Anchors.ALL))
                .toList();
    }

    private static Tensor leaf(Tensor values, Precision precision) {
        return values.to(precision.type).detach().clone().set_requires_grad(true);
    }

    private static void checkLoss(Tensor loss, JsonObject golden, Precision precision) {
        assertClose("loss", Tensors.scalar(loss), golden.get("loss").getAsDouble(), precision.of(1e-10, 2e-6), 0);
    }

    private static void checkGradient(String name, Tensor leaf, Map<String, Tensor> tensors, Precision precision) {
        if (tensors.containsKey(name) && Tensors.scalar(tensors.get(name).abs().max()) > 0) {
            assertThat(relative(leaf.grad(), tensors.get(name)))
                    .as(name)
                    .isLessThanOrEqualTo(precision.of(1e-10, 5e-6));
        } else {
            boolean none =
                    !leaf.grad().defined() || Tensors.scalar(leaf.grad().abs().max()) == 0;
            assertThat(none).as("no gradient " + name).isTrue();
        }
    }
}
