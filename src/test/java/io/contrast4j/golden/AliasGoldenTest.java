package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import io.contrast4j.negatives.AliasTable;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

@Tag("golden")
class AliasGoldenTest {
    private static final int DRAWS = 1_000_000;

    @TestFactory
    Stream<DynamicTest> aliasTables() {
        return Goldens.find("cmc", "nce/alias*.json")
                .flatMap(file -> Goldens.json(file).getAsJsonObject("distributions").entrySet().stream()
                        .map(entry -> DynamicTest.dynamicTest(
                                entry.getKey(),
                                () -> check(
                                        file, entry.getKey(), entry.getValue().getAsJsonObject()))));
    }

    private static void check(Path file, String name, JsonObject distribution) {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = Goldens.tensors(file);
            float[] weights = Tensors.floats(tensors.get(name + ".input"));
            AliasTable table = new AliasTable(weights);
            double[] implied = implied(table);
            // The reference leaves weights that sum to less than 1 as they are and samples something else; this
            // implementation normalises them, and must then encode the weights.
            boolean referenceIsRight =
                    distribution.get("max_abs_implied_minus_target").getAsDouble() < 1e-6;
            double[] target = Tensors.doubles(tensors.get(name + ".implied"));
            if (referenceIsRight) {
                float[] prob = Tensors.floats(tensors.get(name + ".prob"));
                for (int i = 0; i < prob.length; i++) {
                    assertThat(table.prob()[i]).isCloseTo(prob[i], within(1e-6f));
                }
                long[] alias = Tensors.longs(tensors.get(name + ".alias"));
                for (int i = 0; i < alias.length; i++) {
                    // An outcome that is always kept has no alias: what stands there is never read.
                    if (prob[i] < 1) {
                        assertThat(table.alias()[i]).isEqualTo((int) alias[i]);
                    }
                }
            } else {
                double sum = 0;
                for (float weight : weights) {
                    sum += weight;
                }
                for (int i = 0; i < target.length; i++) {
                    target[i] = weights[i] / sum;
                }
            }
            for (int i = 0; i < target.length; i++) {
                assertThat(implied[i]).as("outcome %d", i).isCloseTo(target[i], within(1e-6));
            }
            checkDraws(table, target, distribution.get("accept_chi2_below").getAsDouble());
        }
    }

    private static double[] implied(AliasTable table) {
        int n = table.size();
        double[] implied = new double[n];
        for (int i = 0; i < n; i++) {
            implied[i] += table.prob()[i] / (double) n;
            implied[table.alias()[i]] += (1 - (double) table.prob()[i]) / n;
        }
        return implied;
    }

    private static void checkDraws(AliasTable table, double[] target, double accept) {
        long[] counts = new long[target.length];
        CounterRandom random = CounterRandom.of(7);
        for (int i = 0; i < DRAWS; i++) {
            counts[table.draw(random)]++;
        }
        double chi2 = 0;
        for (int i = 0; i < target.length; i++) {
            if (target[i] == 0) {
                assertThat(counts[i])
                        .as("draws of outcome %d, which has no mass", i)
                        .isZero();
            } else {
                double expected = target[i] * DRAWS;
                chi2 += (counts[i] - expected) * (counts[i] - expected) / expected;
            }
        }
        assertThat(chi2).isLessThan(accept);
    }
}
