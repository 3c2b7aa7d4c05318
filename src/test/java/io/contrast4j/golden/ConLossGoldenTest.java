package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static io.contrast4j.golden.Precision.relative;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.method.SelfConTerms;
import io.contrast4j.negatives.InBatch;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Loss;
import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** SelfCon's contrastive loss of in-batch features, called directly. */
@Tag("golden")
class ConLossGoldenTest {
    @TestFactory
    Stream<DynamicTest> losses() {
        return Goldens.find("selfcon", "conloss/direct*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("cases"))
                        .map(JsonElement::getAsJsonObject)
                        .flatMap(golden -> Stream.of(Precision.values())
                                .map(precision -> DynamicTest.dynamicTest(
                                        golden.get("case").getAsString() + " "
                                                + golden.get("id").getAsString() + " " + precision,
                                        () -> check(file, golden, precision)))));
    }

    private static void check(Path file, JsonObject golden, Precision precision) {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            String name = golden.get("case").getAsString();
            Tensor features = tensors.get(name + ".features").to(precision.type).set_requires_grad(true);
            Scores scores = scores(golden, features, tensors);
            assertThat(scores.positive().size(0))
                    .isEqualTo(golden.get("anchors").getAsLong());
            assertThat(scores.count()).isEqualTo(golden.get("contrast").getAsLong());
            checkMasks(name, scores, tensors);

            boolean leftOut = golden.get("supcon_s").getAsBoolean();
            Loss literal =
                    loss(golden, scores, leftOut ? InfoNce.WithoutPositives.LEFT_OUT : InfoNce.WithoutPositives.NAN);
            if (golden.get("loss").getAsString().equals("nan")) {
                // Anchors without positives: with all of them left out the intention is 0, and never NaN.
                Loss meant = loss(golden, scores, InfoNce.WithoutPositives.LEFT_OUT);
                meant.total().backward();
                assertThat(Tensors.scalar(meant.total())).isFinite();
                assertThat(Tensors.doubles(features.grad())).doesNotContain(Double.NaN);
                assertThat(Tensors.scalar(loss(golden, scores, InfoNce.WithoutPositives.NAN)
                                .total()))
                        .isNaN();
                return;
            }
            literal.total().backward();
            double expected = golden.get("loss").getAsDouble();
            assertClose("loss", Tensors.scalar(literal.total()), expected, precision.of(1e-10, 2e-6), 0);
            if (tensors.containsKey(name + ".grad")) {
                assertThat(relative(features.grad(), tensors.get(name + ".grad")))
                        .as("gradient")
                        .isLessThanOrEqualTo(precision.of(1e-10, 5e-6));
            }
        }
    }

    private static Loss loss(JsonObject golden, Scores scores, InfoNce.WithoutPositives withoutPositives) {
        return new InfoNce(new InfoNce.Config(
                        golden.get("temperature").getAsDouble(),
                        Optional.of(golden.get("base_temperature").getAsDouble()),
                        withoutPositives))
                .of(List.of(scores));
    }

    private static Scores scores(JsonObject golden, Tensor features, Map<String, Tensor> tensors) {
        String name = golden.get("case").getAsString();
        boolean twoCrops = golden.get("selfcon_m_FG").getAsBoolean();
        List<Tensor> views = views(features);
        long samples = features.size(0) / (twoCrops ? 2 : 1);
        Tensor positives = golden.get("labels").getAsBoolean()
                ? InBatch.sameClass(Goldens.here(tensors.get(name + ".labels")))
                : golden.get("mask").getAsBoolean()
                        ? tensors.get(name + ".mask")
                        : InBatch.samePicture(samples, features);
        assertThat(positives.size(0)).isEqualTo(samples);
        InBatch.Anchors anchors = twoCrops || golden.get("selfcon_s_FG").getAsBoolean()
                ? InBatch.Anchors.ALL_BUT_LAST_VIEW
                : golden.get("contrast_mode").getAsString().equals("one")
                        ? InBatch.Anchors.FIRST_VIEW
                        : InBatch.Anchors.ALL;
        return InBatch.of(name, views, positives, anchors);
    }

    /** N×V×D, or with more axes, as V tensors. */
    private static List<Tensor> views(Tensor features) {
        List<Tensor> views = new ArrayList<>();
        for (long v = 0; v < features.size(1); v++) {
            views.add(features.select(1, v));
        }
        return views;
    }

    private static void checkMasks(String name, Scores scores, Map<String, Tensor> tensors) {
        if (tensors.containsKey(name + ".pos")) {
            assertThat(Tensors.doubles(scores.share().orElseThrow()))
                    .containsExactly(Tensors.doubles(tensors.get(name + ".pos")));
            assertThat(Tensors.doubles(scores.kept().orElseThrow()))
                    .containsExactly(Tensors.doubles(tensors.get(name + ".den")));
        }
    }

    @TestFactory
    Stream<DynamicTest> refusals() {
        return Goldens.find("selfcon", "conloss/direct*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("errors")))
                .map(error -> error.getAsJsonObject().get("call").getAsString())
                .map(call -> DynamicTest.dynamicTest(call, () -> checkRefusal(call)));
    }

    private static void checkRefusal(String call) {
        try (Scope scope = Scope.open()) {
            Tensor rows = Tensors.zeros(ScalarType.Float, 4, 3);
            Tensor odd = Tensors.zeros(ScalarType.Float, 5, 3);
            Tensor three = Tensors.of(new long[] {0, 1, 0}, 3);
            Tensor four = Tensors.of(new long[] {0, 1, 0, 1}, 4);
            SelfConTerms twoCrops =
                    new SelfConTerms(2, SelfConTerms.Rows.EXITS_AND_END, SelfConTerms.Positives.SAME_CLASS, 1);
            ThrowingCallable attempt = switch (call) {
                case "features with 2 axes" ->
                    () -> InBatch.of(
                            "p", List.of(rows.select(1, 0)), InBatch.samePicture(4, rows), InBatch.Anchors.ALL);
                case "3 labels for 4 samples" ->
                    () -> InBatch.of("p", List.of(rows, rows), InBatch.sameClass(three), InBatch.Anchors.ALL);
                case "selfcon_s_FG with a single view (no anchor left)" ->
                    () -> InBatch.of("p", List.of(rows), InBatch.sameClass(four), InBatch.Anchors.ALL_BUT_LAST_VIEW);
                case "selfcon_m_FG, labels for all 2b rows instead of b" ->
                    () -> twoCrops.of(List.of(rows), rows, four);
                case "selfcon_m_FG with an odd number of rows" -> () -> twoCrops.of(List.of(odd), odd, three);
                // There is one way to say what positives are, one to say which rows are anchors, and leaving
                // out anchors without positives works for any number of views.
                case "labels and mask both given", "contrast_mode 'some'", "supcon_s with two views" ->
                    abort("there is no way to say this: " + call);
                default -> abort("this call has no counterpart yet: " + call);
            };
            assertThatThrownBy(attempt)
                    .isInstanceOf(IllegalArgumentException.class)
                    .message()
                    .isNotBlank()
                    .doesNotContain("\n");
        }
    }
}
