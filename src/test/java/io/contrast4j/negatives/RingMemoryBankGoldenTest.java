package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import io.contrast4j.golden.Goldens;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** The memory bank of the ring negatives: its start, its updates, and the nearest row. */
@Tag("golden")
class RingMemoryBankGoldenTest {
    private static final double TOLERANCE = 1e-6;

    @TestFactory
    Stream<DynamicTest> banks() {
        return Goldens.find("ring", "memory_bank*.json")
                .flatMap(file -> Stream.of(ScalarType.Double, ScalarType.Float)
                        .flatMap(type -> Stream.concat(
                                Stream.of(
                                        test(file, type, "start", tensors -> start(tensors, type)),
                                        test(file, type, "nearest row", tensors -> nearest(file, tensors, type))),
                                Goldens.json(file).keySet().stream()
                                        .filter(name -> name.startsWith("update_"))
                                        .map(name -> test(file, type, name, tensors -> update(name, tensors, type))))));
    }

    private static DynamicTest test(Path file, ScalarType type, String name, Consumer<Map<String, Tensor>> check) {
        return DynamicTest.dynamicTest(file.getFileName() + " " + name + " " + type, () -> {
            try (Arena arena = new Arena();
                    Scope scope = Scope.open()) {
                check.accept(Goldens.tensors(file));
            }
        });
    }

    private static void start(Map<String, Tensor> tensors, ScalarType type) {
        Tensor drawn = tensors.get("init/uniform").to(type).clone();
        assertThat(Tensors.doubles(Start.UNIT.spread(drawn)))
                .containsExactly(Tensors.doubles(tensors.get("init/bank")), within(TOLERANCE));
    }

    /** @param name as {@code update_repeated_m0.5} */
    private static void update(String name, Map<String, Tensor> tensors, ScalarType type) {
        List<String> parts = List.of(name.split("_m", 2));
        Tensor rows = tensors.get("init/bank");
        try (MemoryBank bank = new MemoryBank(
                new MemoryBank.Config(Double.parseDouble(parts.get(1)), Start.UNIT),
                rows.size(0),
                rows.size(1),
                type,
                Goldens.device())) {
            bank.restore(Map.of("memory", rows), name);
            Tensor outputs = tensors.get(parts.get(0) + "/outputs").to(type);
            bank.commit(Tensors.unitRows(outputs), tensors.get(parts.get(0) + "/indices"));
            Tensor after = tensors.get(parts.get(0) + "/m" + parts.get(1) + "/bank_after");
            assertThat(Tensors.doubles(bank.keys())).containsExactly(Tensors.doubles(after), within(TOLERANCE));
        }
    }

    private static void nearest(Path file, Map<String, Tensor> tensors, ScalarType type) {
        JsonObject golden = Goldens.json(file).getAsJsonObject("nn");
        Tensor similarities = tensors.get("nn/val_outputs")
                .to(type)
                .matmul(tensors.get("init/bank").to(type).t());
        long[] nearest = Tensors.longs(Ranking.columns(similarities, 0, 1));
        assertThat(nearest).isEqualTo(Goldens.longs(golden.getAsJsonArray("neighbors")));
        long[] labels = Tensors.longs(tensors.get("nn/train_labels"));
        long[] wanted = Tensors.longs(tensors.get("nn/val_labels"));
        int correct = 0;
        for (int i = 0; i < nearest.length; i++) {
            correct += labels[(int) nearest[i]] == wanted[i] ? 1 : 0;
        }
        assertThat(correct).isEqualTo(golden.get("num_correct").getAsInt());
    }
}
