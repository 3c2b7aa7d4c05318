package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.contrast4j.negatives.Anchor;
import io.contrast4j.negatives.InnerMode;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.Ring;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.negatives.Threshold;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Loss;
import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Ring negatives on two views, each against the other's memory. */
@Tag("golden")
class RingCmcGoldenTest {
    private static final List<String> VIEWS = List.of("L", "ab");

    @TestFactory
    Stream<DynamicTest> losses() {
        return Goldens.find("ring", "ring_cmc*.json").flatMap(file -> {
            JsonObject cases = Goldens.json(file).getAsJsonObject("cases");
            return cases.keySet().stream()
                    .flatMap(size -> Stream.of(Precision.values())
                            .map(precision -> DynamicTest.dynamicTest(
                                    size + " " + precision,
                                    () -> check(file, size, cases.getAsJsonObject(size), precision))));
        });
    }

    private static void check(Path file, String size, JsonObject golden, Precision precision) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            Map<String, MemoryBank> banks = banks(size, tensors, 0.5, precision);
            for (var row : golden.getAsJsonArray("rows")) {
                try (Scope inner = Scope.open()) {
                    checkRow(size, golden, row.getAsJsonArray(), tensors, banks, precision);
                }
            }
            checkUpdates(size, tensors, precision);
            banks.values().forEach(MemoryBank::close);
        }
    }

    private static Map<String, MemoryBank> banks(
            String size, Map<String, Tensor> tensors, double momentum, Precision precision) {
        Map<String, MemoryBank> banks = new LinkedHashMap<>();
        for (String view : VIEWS) {
            Tensor rows = tensors.get(size + "/bank_" + view);
            MemoryBank bank = new MemoryBank(
                    new MemoryBank.Config(momentum), rows.size(0), rows.size(1), precision.type, Goldens.device());
            bank.restore(Map.of("memory", rows), size);
            banks.put(view, bank);
        }
        return banks;
    }

    private static void checkRow(
            String size,
            JsonObject golden,
            JsonArray row,
            Map<String, Tensor> tensors,
            Map<String, MemoryBank> banks,
            Precision precision) {
        boolean dynamic = row.get(2).getAsBoolean();
        boolean full = row.get(3).getAsBoolean();
        boolean excludeOwn = row.get(4).getAsBoolean();
        boolean withPositive = row.get(5).getAsBoolean();
        int k = golden.get("k").getAsInt();
        Ring ring = new Ring(new Ring.Config(
                new Threshold.Constant(row.get(0).getAsDouble()),
                row.get(1).getAsDouble(),
                dynamic ? InnerMode.DYNAMIC : InnerMode.FIXED,
                full ? Optional.empty() : Optional.of(withPositive ? k - 1 : k),
                Optional.empty(),
                Optional.empty(),
                withPositive ? Scores.Denominator.ALL : Scores.Denominator.NEGATIVES,
                excludeOwn));
        String name = "u" + row.get(0) + "_l" + row.get(1) + "_d" + (dynamic ? 1 : 0) + "_f" + (full ? 1 : 0) + "_x"
                + (excludeOwn ? 1 : 0) + "_s" + (withPositive ? 1 : 0);
        List<Scores> scores = new ArrayList<>();
        Map<String, Tensor> features = new LinkedHashMap<>();
        for (String view : VIEWS) {
            String other = view.equals("L") ? "ab" : "L";
            Tensor raw = tensors.get(size + "/feat_" + view)
                    .to(precision.type)
                    .clone()
                    .set_requires_grad(true);
            features.put(view, raw);
            Tensor noise = tensors.get(size + "/noise_" + view + "_to_" + other);
            StepContext at = new StepContext(
                    0, 1, 1, (n, columns, items) -> noise.narrow(1, 0, columns).remainder(new Scalar(items)));
            Anchor anchor = new Anchor(view, Tensors.unitRows(raw), Optional.empty(), tensors.get(size + "/indices"));
            scores.add(ring.select(anchor, banks.get(other), at));
        }
        Loss loss = new InfoNce(new InfoNce.Config(golden.get("t").getAsDouble())).of(scores);
        loss.total().backward();

        double tolerance = precision.of(1e-9, 1e-5);
        assertThat(Tensors.scalar(loss.parts().get("loss.L")))
                .as(name)
                .isCloseTo(row.get(8).getAsDouble(), within(tolerance));
        assertThat(Tensors.scalar(loss.parts().get("loss.ab")))
                .as(name)
                .isCloseTo(row.get(9).getAsDouble(), within(tolerance));
        assertThat(Tensors.scalar(loss.total())).as(name).isCloseTo(row.get(10).getAsDouble(), within(2 * tolerance));
        if (full) {
            assertThat(scores.get(0).count())
                    .isEqualTo(row.get(6).getAsLong() - row.get(7).getAsLong());
        }
        for (String view : VIEWS) {
            Tensor expected = tensors.get(size + "/" + name + "/grad_" + view);
            if (expected != null) {
                boolean exact = expected.scalar_type().intern() == Precision.F64.type;
                double norm = length(expected);
                assertThat(length(features.get(view).grad().sub(expected)))
                        .as("%s grad_%s", name, view)
                        .isLessThanOrEqualTo(precision.of(exact ? 1e-9 : 1e-6, 5e-4) * Math.max(norm, 0.01));
            }
        }
    }

    private static void checkUpdates(String size, Map<String, Tensor> tensors, Precision precision) {
        for (String momentum : List.of("0", "0.5")) {
            Map<String, MemoryBank> banks = banks(size, tensors, Double.parseDouble(momentum), precision);
            for (String view : VIEWS) {
                Tensor expected = tensors.get(size + "/bank_" + view + "_after_m" + momentum);
                if (expected != null) {
                    Tensor features = tensors.get(size + "/feat_" + view).to(precision.type);
                    banks.get(view).commit(Tensors.unitRows(features), tensors.get(size + "/indices"));
                    assertThat(length(banks.get(view).keys().sub(expected)))
                            .as("bank %s m%s", view, momentum)
                            .isLessThanOrEqualTo(precision.of(1e-9, 1e-5));
                }
            }
            banks.values().forEach(MemoryBank::close);
        }
    }

    private static double length(Tensor tensor) {
        return Tensors.scalar(tensor.mul(tensor).sum().sqrt());
    }
}
