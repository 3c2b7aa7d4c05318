package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;

import com.google.gson.JsonObject;
import io.contrast4j.method.Cmc;
import io.contrast4j.method.Method;
import io.contrast4j.negatives.Anchor;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.negatives.UniformSample;
import io.contrast4j.objective.InfoNce;
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
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** CMC's two memories with both losses: scores, losses, gradients and updates of successive steps. */
@Tag("golden")
class CmcNceGoldenTest {
    private static final List<String> VIEWS = List.of("l", "ab");

    @TestFactory
    Stream<DynamicTest> memoriesAndLosses() {
        return Goldens.find("cmc", "nce/cmc_*.json")
                .flatMap(file -> Stream.of(Precision.values())
                        .map(precision -> DynamicTest.dynamicTest(
                                file.getFileName() + " " + precision, () -> check(file, precision))));
    }

    private static void check(Path file, Precision precision) {
        JsonObject golden = Goldens.json(file);
        JsonObject config = golden.getAsJsonObject("config");
        boolean softmax = config.get("softmax").getAsBoolean();
        int negatives = config.get("K").getAsInt();
        // The reference keeps K, T, Z and m in one float32 buffer.
        double temperature = config.get("T").getAsFloat();
        double momentum = config.get("momentum").getAsFloat();
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            List<NegativeStore> banks = VIEWS.stream()
                    .map(view -> {
                        Tensor rows = tensors.get("memory_" + view + "_init");
                        NegativeStore bank = new MemoryBank(
                                new MemoryBank.Config(momentum),
                                rows.size(0),
                                rows.size(1),
                                precision.type,
                                Goldens.device());
                        bank.restore(Map.of("memory", rows), file.toString());
                        return bank;
                    })
                    .toList();
            UniformSample selector = new UniformSample(negatives);
            Objective objective =
                    softmax ? new InfoNce(new InfoNce.Config(temperature)) : new Nce(new Nce.Config(temperature));
            try (Cmc cmc = new Cmc(new Cmc.Config(), VIEWS, views -> views, banks, selector, objective)) {
                for (int t = 0; t < golden.getAsJsonArray("steps").size(); t++) {
                    JsonObject step = golden.getAsJsonArray("steps").get(t).getAsJsonObject();
                    step(cmc, banks, selector, objective, temperature, tensors, "step" + t + ".", step, precision);
                }
            }
        }
    }

    private static void step(
            Cmc cmc,
            List<NegativeStore> banks,
            UniformSample selector,
            Objective objective,
            double temperature,
            Map<String, Tensor> tensors,
            String prefix,
            JsonObject step,
            Precision precision) {
        Tensor y = tensors.get(prefix + "y");
        Tensor idx = tensors.get(prefix + "idx");
        StepContext at = new StepContext(0, 1, 1, (rows, columns, n) -> idx.narrow(1, 1, columns));
        List<Tensor> features = VIEWS.stream()
                .map(view ->
                        tensors.get(prefix + view).to(precision.type).clone().set_requires_grad(true))
                .toList();

        Method.Output output = cmc.contrast(features, y, at);
        output.loss().total().backward();

        for (int v = 0; v < VIEWS.size(); v++) {
            String view = VIEWS.get(v);
            Scores scores =
                    selector.select(new Anchor(view, features.get(v), Optional.empty(), y), banks.get(1 - v), at);
            Tensor out = objective instanceof Nce nce
                    ? torch.cat(new TensorVector(nce.ratios(scores).toArray(new Tensor[0])), 1)
                    : torch.cat(new TensorVector(scores.positive(), scores.negatives()), 1)
                            .div(new Scalar(temperature));
            assertClose(prefix + "out_" + view, out, tensors.get(prefix + "out_" + view), 1e-5);
            assertClose(prefix + "grad_" + view, features.get(v).grad(), tensors.get(prefix + "grad_" + view), 1e-5);
            checkLoss("loss_" + view, Tensors.scalar(output.loss().parts().get("loss." + view)), step, precision);
            String measure = objective instanceof Nce ? "prob." : "logit.";
            assertClose(
                    view + "_prob",
                    Tensors.scalar(output.loss().parts().get(measure + view)),
                    step.get(view + "_prob").getAsDouble(),
                    1e-5,
                    1e-7);
            if (objective instanceof Nce nce) {
                double z = Goldens.doubles(step.getAsJsonArray(precision == Precision.F64 ? "params_f64" : "params"))[
                        2 + v];
                assertClose("Z_" + view, nce.constants().get(view), z, precision.of(1e-9, 1e-5), 0);
            }
        }
        checkLoss("loss", Tensors.scalar(output.loss().total()), step, precision);

        cmc.commit(output);
        for (int v = 0; v < VIEWS.size(); v++) {
            String name = prefix + "memory_" + VIEWS.get(v);
            Tensor rows = banks.get(v).rows().all();
            if (tensors.containsKey(name + "_after")) {
                assertClose(name, rows, tensors.get(name + "_after"), 1e-5);
            } else {
                assertClose(name, rows.index_select(0, Goldens.here(y)), tensors.get(name + "_rows_y_after"), 1e-5);
            }
        }
    }

    private static void checkLoss(String name, double actual, JsonObject step, Precision precision) {
        if (precision == Precision.F64) {
            assertClose(name, actual, step.get(name + "_f64").getAsDouble(), 1e-9, 0);
        } else {
            double expected = step.get(name).getAsDouble();
            assertClose(name, actual, expected, 5e-6, Math.abs(expected) < 0.1 ? 1e-6 : 0);
        }
    }
}
