package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;

import com.google.gson.JsonObject;
import io.contrast4j.negatives.Anchor;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.negatives.UniformSample;
import io.contrast4j.objective.Loss;
import io.contrast4j.objective.Nce;
import io.contrast4j.objective.Objective;
import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** InsDis: scores against its own memory, both losses, gradients and the memory of successive steps. */
@Tag("golden")
class InsDisGoldenTest {
    @TestFactory
    Stream<DynamicTest> memories() {
        return Goldens.find("cmc", "nce/insdis_*.json")
                .flatMap(file -> Stream.of(Precision.values())
                        .map(precision -> DynamicTest.dynamicTest(
                                file.getFileName() + " " + precision, () -> check(file, precision))));
    }

    private static void check(Path file, Precision precision) {
        JsonObject golden = Goldens.json(file);
        JsonObject config = golden.getAsJsonObject("config");
        // The reference keeps T and m in a float32 buffer.
        double temperature = config.get("T").getAsFloat();
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            Tensor start = tensors.get("memory_init");
            Objective objective =
                    ContrastGolden.objective(config.get("softmax").getAsBoolean(), temperature, Nce.Constant.EXACT);
            UniformSample selector = new UniformSample(config.get("K").getAsInt());
            try (MemoryBank bank = new MemoryBank(
                    new MemoryBank.Config(config.get("momentum").getAsFloat()),
                    start.size(0),
                    start.size(1),
                    precision.type,
                    Goldens.device())) {
                bank.restore(Map.of("memory", start), file.toString());
                for (int t = 0; t < golden.getAsJsonArray("steps").size(); t++) {
                    JsonObject step = golden.getAsJsonArray("steps").get(t).getAsJsonObject();
                    step(bank, selector, objective, temperature, tensors, "step" + t + ".", step, precision);
                }
            }
        }
    }

    private static void step(
            MemoryBank bank,
            UniformSample selector,
            Objective objective,
            double temperature,
            Map<String, Tensor> tensors,
            String prefix,
            JsonObject step,
            Precision precision) {
        Tensor x = tensors.get(prefix + "x").to(precision.type).clone().set_requires_grad(true);
        Tensor y = tensors.get(prefix + "y");
        Tensor idx = tensors.get(prefix + "idx");
        StepContext at = new StepContext(0, 1, 1, (rows, columns, n) -> idx.narrow(1, 1, columns));

        Scores scores = selector.select(new Anchor("x", x, Optional.empty(), y), bank, at);
        Loss loss = objective.of(List.of(scores));
        loss.total().backward();

        assertClose(
                prefix + "out", ContrastGolden.out(objective, scores, temperature), tensors.get(prefix + "out"), 1e-5);
        assertClose(prefix + "grad_x", x.grad(), tensors.get(prefix + "grad_x"), 1e-5);
        ContrastGolden.checkLoss(Tensors.scalar(loss.total()), step, precision);
        String measure = objective instanceof Nce ? "prob.x" : "logit.x";
        assertClose(
                "prob",
                Tensors.scalar(loss.parts().get(measure)),
                step.get("prob").getAsDouble(),
                1e-5,
                1e-7);
        if (objective instanceof Nce nce) {
            double z = Goldens.doubles(step.getAsJsonArray(precision == Precision.F64 ? "params_f64" : "params"))[2];
            assertClose("Z", nce.constants().get("x"), z, precision.of(1e-9, 1e-5), 0);
        }

        bank.commit(x, y);
        if (tensors.containsKey(prefix + "memory_after")) {
            assertClose(prefix + "memory", bank.keys(), tensors.get(prefix + "memory_after"), 1e-5);
        } else {
            assertClose(
                    prefix + "memory",
                    bank.keys().index_select(0, Goldens.here(y)),
                    tensors.get(prefix + "memory_rows_y_after"),
                    1e-5);
        }
    }
}
