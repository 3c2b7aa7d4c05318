package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static io.contrast4j.golden.Precision.relative;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.method.SelfConTerms;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Loss;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** The loss of one step of SelfCon, SupCon and SimCLR in all their variants. */
@Tag("golden")
class SelfConMethodsGoldenTest {
    @TestFactory
    Stream<DynamicTest> variants() {
        return Goldens.find("selfcon", "conloss/methods*.json")
                .flatMap(file -> Goldens.stream(Goldens.json(file).getAsJsonArray("cases"))
                        .map(JsonElement::getAsJsonObject)
                        .flatMap(golden -> Stream.of(Precision.values())
                                .map(precision -> DynamicTest.dynamicTest(
                                        golden.get("case").getAsString() + " "
                                                + golden.get("variant").getAsString() + " " + precision,
                                        () -> check(file, golden, precision)))));
    }

    private static void check(Path file, JsonObject golden, Precision precision) {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            String size = golden.get("size").getAsString();
            String name = golden.get("case").getAsString();
            long rows = golden.get("rows").getAsLong();
            List<Tensor> exits = new ArrayList<>();
            for (int e = 0; e < golden.get("exits").getAsInt(); e++) {
                exits.add(leaf(tensors.get(size + ".sub" + e), rows, precision));
            }
            Tensor end = leaf(tensors.get(size + ".feat"), rows, precision);
            SelfConTerms terms = terms(golden);
            assertThat(rows / terms.crops()).isEqualTo(golden.get("bsz").getAsLong());

            InfoNce infoNce = new InfoNce(new InfoNce.Config(
                    golden.get("temperature").getAsDouble(), Optional.of(0.07), InfoNce.WithoutPositives.LEFT_OUT));
            Loss loss = infoNce.of(terms.of(exits, end, Goldens.here(tensors.get(size + ".labels"))));
            loss.total().backward();

            assertClose(
                    "loss",
                    Tensors.scalar(loss.total()),
                    golden.get("loss").getAsDouble(),
                    precision.of(1e-10, 2e-6),
                    0);
            for (int e = 0; e < exits.size(); e++) {
                checkGradient(name + ".grad_sub" + e, exits.get(e), tensors, precision);
            }
            checkGradient(name + ".grad_feat", end, tensors, precision);
        }
    }

    private static Tensor leaf(Tensor features, long rows, Precision precision) {
        return features.narrow(0, 0, rows).to(precision.type).detach().clone().set_requires_grad(true);
    }

    /** The variant of a published method and its options. */
    static SelfConTerms terms(JsonObject golden) {
        String method = golden.get("method").getAsString();
        boolean supervised = !method.equals("Con")
                && (method.equals("SupCon") || golden.get("label").getAsBoolean());
        return new SelfConTerms(
                golden.get("multiview").getAsBoolean() ? 2 : 1,
                method.equals("SelfCon") ? SelfConTerms.Rows.EXITS_AND_END : SelfConTerms.Rows.END,
                supervised ? SelfConTerms.Positives.SAME_CLASS : SelfConTerms.Positives.SAME_PICTURE,
                golden.get("alpha").getAsDouble());
    }

    /** A feature that a variant does not use has a stored gradient of zeros, and here none at all. */
    private static void checkGradient(String name, Tensor leaf, Map<String, Tensor> tensors, Precision precision) {
        Tensor expected = tensors.get(name);
        if (Tensors.scalar(expected.abs().max()) == 0) {
            assertThat(leaf.grad().defined()).as(name).isFalse();
        } else {
            assertThat(relative(leaf.grad(), expected)).as(name).isLessThanOrEqualTo(precision.of(1e-10, 5e-6));
        }
    }
}
