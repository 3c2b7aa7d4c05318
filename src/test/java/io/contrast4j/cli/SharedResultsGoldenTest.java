package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.contrast4j.golden.Goldens;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** SelfCon's {@code results.json}, to the character. */
@Tag("golden")
class SharedResultsGoldenTest {
    @TempDir
    Path folder;

    private static Stream<DynamicTest> files(String name, Check check) {
        return Goldens.find("selfcon", "linear/linear_eval*.json")
                .map(file ->
                        DynamicTest.dynamicTest(file.getFileName() + " " + name, () -> check.run(Goldens.json(file))));
    }

    private interface Check {
        void run(JsonObject golden) throws IOException;
    }

    @TestFactory
    Stream<DynamicTest> aFileAfterSeveralUpdates() {
        return files("file", golden -> {
            JsonObject expected = golden.getAsJsonObject("results_file");
            Path file = folder.resolve("results.json");
            Files.deleteIfExists(file);
            SharedResults results = new SharedResults(file);
            for (JsonElement element : expected.getAsJsonArray("calls")) {
                JsonObject call = element.getAsJsonObject();
                String name = call.get("name").getAsString();
                if (call.has("list")) {
                    results.put(name, numbers(call.getAsJsonArray("list")));
                } else {
                    results.put(name, rows(call.getAsJsonObject("best")));
                }
            }
            assertThat(Files.readString(file))
                    .isEqualTo(expected.get("file_text").getAsString());
        });
    }

    @TestFactory
    Stream<DynamicTest> rounding() {
        return files(
                "rounding",
                golden -> golden.getAsJsonObject("results_file")
                        .getAsJsonArray("rounding")
                        .forEach(element -> assertThat(SharedResults.rounded(
                                        element.getAsJsonObject().get("x").getAsDouble()))
                                .isEqualTo(
                                        element.getAsJsonObject().get("rounded").getAsDouble())));
    }

    @TestFactory
    Stream<DynamicTest> protocols() {
        return files("protocols", golden -> {
            for (JsonElement element : golden.getAsJsonArray("protocol")) {
                JsonObject protocol = element.getAsJsonObject();
                JsonObject expected = protocol.getAsJsonObject("results_json");
                String key = expected.keySet().iterator().next();
                Path file = folder.resolve(protocol.get("id").getAsString() + ".json");
                Files.deleteIfExists(file);
                new SharedResults(file).put(key, rows(protocol.getAsJsonObject("final_best")));
                assertThat(JsonParser.parseString(Files.readString(file))).isEqualTo(expected);
            }
        });
    }

    private static Map<String, List<Number>> rows(JsonObject best) {
        Map<String, List<Number>> rows = new LinkedHashMap<>();
        best.entrySet()
                .forEach(row -> rows.put(row.getKey(), numbers(row.getValue().getAsJsonArray())));
        return rows;
    }

    /** What has no point is a whole number, as in Python. */
    private static List<Number> numbers(JsonArray array) {
        List<Number> numbers = new ArrayList<>();
        array.forEach(value -> {
            String text = value.getAsString();
            if (text.matches("-?\\d+")) {
                numbers.add(Integer.valueOf(text));
            } else {
                numbers.add(Double.valueOf(text));
            }
        });
        return numbers;
    }

    @Test
    void anotherFileIsNotOverwritten() throws IOException {
        Path file = Files.writeString(folder.resolve("other.json"), "[1, 2");
        assertThatThrownBy(() -> new SharedResults(file).put("a", List.of(1.0)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("other.json");
        assertThat(Files.readString(file)).isEqualTo("[1, 2");
    }
}
