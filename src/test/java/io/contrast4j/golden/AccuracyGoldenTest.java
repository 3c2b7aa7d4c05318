package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.contrast4j.eval.Accuracy;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

@Tag("golden")
class AccuracyGoldenTest {
    @TestFactory
    Stream<DynamicTest> accuracies() {
        return Goldens.find("cmc", "topk_accuracy*.json").flatMap(file -> {
            JsonArray cases = Goldens.json(file).getAsJsonArray("cases");
            return IntStream.range(0, cases.size())
                    .mapToObj(i -> DynamicTest.dynamicTest(
                            file.getFileName() + " case " + i,
                            () -> check(cases.get(i).getAsJsonObject())));
        });
    }

    private static void check(JsonObject golden) {
        JsonArray rows = golden.getAsJsonArray("logits");
        double[] logits = Goldens.stream(rows)
                .flatMapToDouble(row -> Arrays.stream(Goldens.doubles(row.getAsJsonArray())))
                .toArray();
        long[] targets = Goldens.longs(golden.getAsJsonArray("target"));
        long[] ks = Goldens.longs(golden.getAsJsonArray("topk"));
        double[] percent = Goldens.doubles(golden.getAsJsonArray("accuracy_percent"));
        try (Scope scope = Scope.open()) {
            Tensor scores = Goldens.here(Tensors.of(logits, targets.length, logits.length / targets.length));
            Tensor classes = Goldens.here(Tensors.of(targets, targets.length));
            for (int i = 0; i < ks.length; i++) {
                // The published accuracies are percentages of a float32 tensor.
                assertThat((float) Accuracy.top(scores, classes, (int) ks[i]))
                        .as("top-%d", ks[i])
                        .isEqualTo((float) percent[i]);
            }
        }
    }
}
