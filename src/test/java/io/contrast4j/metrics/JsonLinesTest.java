package io.contrast4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLinesTest {
    @TempDir
    Path folder;

    @Test
    void everyValueIsWrittenAsJsonOnALineOfItsOwn() throws IOException {
        Path file = folder.resolve("new/metrics.jsonl");
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", 12L);
        line.put("loss", 0.1);
        line.put("float", 0.1f);
        line.put("lr", 3e-9);
        line.put("large", 1e20);
        line.put("hundred", 100.0);
        line.put("nan", Double.NaN);
        line.put("infinite", Float.NEGATIVE_INFINITY);
        line.put("text", "two\nlines \"quoted\"");
        line.put("truth", true);
        line.put("nothing", null);
        try (JsonLines lines = JsonLines.open(file)) {
            lines.write(line);
            lines.write(Map.of("step", 13));
            // visible at once, not only when the file is closed
            assertThat(Files.readString(file))
                    .isEqualTo("{\"step\":12,\"loss\":0.1,\"float\":0.1,\"lr\":3E-9,\"large\":1E+20,\"hundred\":100,"
                            + "\"nan\":null,\"infinite\":null,\"text\":\"two\\nlines \\\"quoted\\\"\","
                            + "\"truth\":true,\"nothing\":null}\n{\"step\":13}\n");
            assertThat(lines.position()).isEqualTo(Files.size(file));
        }
    }

    @Property
    void numbersAreReadBackAndNotLongerThanJavasOwn(@ForAll double number) {
        String text = JsonLines.shortest(number, false);
        assertThat(JsonParser.parseString(text).getAsDouble()).isEqualTo(number);
        assertThat(digits(text)).isLessThanOrEqualTo(digits(Double.toString(number)));
    }

    @Property
    void floatsAreReadBackAndNotLongerThanJavasOwn(@ForAll float number) {
        String text = JsonLines.shortest(number, true);
        assertThat(Float.parseFloat(text)).isEqualTo(number);
        assertThat(digits(text)).isLessThanOrEqualTo(digits(Float.toString(number)));
    }

    @Test
    void powersOfTwoAreReadBack() {
        for (int exponent = Double.MIN_EXPONENT; exponent <= Double.MAX_EXPONENT; exponent++) {
            double number = Math.scalb(1.0, exponent);
            assertThat(Double.parseDouble(JsonLines.shortest(number, false))).isEqualTo(number);
        }
    }

    /** Java 17 prints 8.409999999999999E21, 1.9999999999999998E23 and 9.999999999999999E22. */
    @Test
    void fewerDigitsThanJavaWhereTheyAreEnough() {
        assertThat(JsonLines.shortest(8.41e21, false)).isEqualTo("8.41E+21");
        assertThat(JsonLines.shortest(2e23, false)).isEqualTo("2E+23");
        assertThat(JsonLines.shortest(1e23, false)).isEqualTo("1E+23");
        assertThat(JsonLines.shortest(Double.MIN_VALUE, false)).isEqualTo("5E-324");
        assertThat(JsonLines.shortest(-0.0, false)).isEqualTo("-0.0");
    }

    /** A run that is killed and resumed from its checkpoint has the lines of a run that was not. */
    @Test
    void aResumedRunHasEveryStepOnce() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        long checkpoint;
        try (JsonLines lines = JsonLines.open(file)) {
            write(lines, 0, 5);
            checkpoint = lines.position();
            write(lines, 5, 8);
        }
        Files.writeString(file, "{\"step\":8,\"lo", StandardOpenOption.APPEND);

        try (JsonLines lines = JsonLines.resume(file, checkpoint)) {
            assertThat(lines.position()).isEqualTo(checkpoint);
            write(lines, 5, 10);
        }

        assertThat(steps(file)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    @Test
    void aTornLastLineIsDroppedWherever() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        try (JsonLines lines = JsonLines.open(file)) {
            write(lines, 0, 3);
        }
        String whole = Files.readString(file);
        for (int cut = 0; cut <= whole.length(); cut++) {
            Files.writeString(file, whole.substring(0, cut));
            int complete =
                    (int) whole.substring(0, cut).chars().filter(c -> c == '\n').count();
            // Also when the checkpoint knew of more than the file still has.
            try (JsonLines lines = cut % 2 == 0 ? JsonLines.open(file) : JsonLines.resume(file, 10_000)) {
                write(lines, complete, 3);
            }
            assertThat(Files.readString(file)).isEqualTo(whole);
        }
    }

    @Test
    void aFileThatCannotBeOpenedIsNamed() {
        assertThatThrownBy(() -> JsonLines.open(folder))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(folder + " could not be written");
    }

    private static void write(JsonLines lines, int from, int to) {
        for (int step = from; step < to; step++) {
            lines.write(Map.of("step", step));
        }
    }

    private static List<Integer> steps(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .map(line ->
                        ((JsonObject) JsonParser.parseString(line)).get("step").getAsInt())
                .toList();
    }

    private static int digits(String number) {
        String mantissa = number.replaceAll("E.*", "").replaceAll("[-.]", "");
        return mantissa.replaceAll("^0+|0+$", "").length();
    }
}
