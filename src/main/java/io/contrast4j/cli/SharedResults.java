package io.contrast4j.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The results of several evaluations in one file, as SelfCon's scripts keep them in {@code results.json}: an object with a key for
 * each, whose percentages have two decimals. A key that is there already is replaced, the others stay as they are.
 */
final class SharedResults {
    private final Path file;

    SharedResults(Path file) {
        this.file = file;
    }

    /** To two decimals of the exact binary value, ties to even: 72.675 is 72.67. */
    static double rounded(double percent) {
        return new BigDecimal(percent).setScale(2, RoundingMode.HALF_EVEN).doubleValue();
    }

    /** Lists of percentages by their names. @throws UserError if the file cannot be read or written */
    void put(String key, Map<String, ? extends List<? extends Number>> rows) {
        JsonObject own = new JsonObject();
        rows.forEach((name, numbers) -> own.add(name, array(numbers)));
        put(key, own);
    }

    /** One list of percentages. @throws UserError if the file cannot be read or written */
    void put(String key, List<? extends Number> numbers) {
        put(key, array(numbers));
    }

    /** Whole numbers stay whole: what was never measured is 0. */
    private static JsonArray array(List<? extends Number> numbers) {
        JsonArray array = new JsonArray();
        numbers.forEach(number -> array.add(number instanceof Double percent ? (Number) rounded(percent) : number));
        return array;
    }

    private void put(String key, JsonElement value) {
        try {
            JsonObject all = Files.exists(file)
                    ? JsonParser.parseString(Files.readString(file)).getAsJsonObject()
                    : new JsonObject();
            all.add(key, value);
            Path part = file.resolveSibling(file.getFileName() + ".part");
            Files.writeString(part, text(all));
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " cannot be written (" + Reasons.of(failed) + "); " + Reasons.remedy(failed) + ".",
                    failed);
        } catch (JsonParseException | IllegalStateException other) {
            throw new UserError(
                    UserError.FAILED,
                    file + " holds no results of evaluations; move it away, and evaluate again.",
                    other);
        }
    }

    /** With the spaces that Python writes. */
    private static String text(JsonElement element) {
        if (element instanceof JsonObject object) {
            return object.entrySet().stream()
                    .map(entry -> new JsonPrimitive(entry.getKey()) + ": " + text(entry.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
        } else if (element instanceof JsonArray array) {
            return array.asList().stream().map(SharedResults::text).collect(Collectors.joining(", ", "[", "]"));
        }
        return element.toString();
    }
}
