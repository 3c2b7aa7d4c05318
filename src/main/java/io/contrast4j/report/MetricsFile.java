package io.contrast4j.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code metrics.jsonl}: every number in it as a point of a {@link Curve}. */
final class MetricsFile {
    private static final Set<String> POSITION = Set.of("step", "epoch");

    private MetricsFile() {}

    /** The lines that are whole: of a run that was killed, or that is under way, the last one may be torn. */
    static List<JsonObject> lines(Path file) {
        List<JsonObject> lines = new ArrayList<>();
        if (!Files.exists(file)) {
            return lines;
        }
        try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            for (String text = in.readLine(); text != null; text = in.readLine()) {
                object(text).ifPresent(lines::add);
            }
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED, file + " cannot be read (" + Reasons.of(failed) + "); check its rights.", failed);
        }
        return lines;
    }

    /** Curves by name, in the order in which the names appear. */
    static Map<String, Curve> curves(List<JsonObject> lines) {
        Map<String, List<Curve.Point>> points = new LinkedHashMap<>();
        for (JsonObject line : lines) {
            JsonElement step = line.get("step");
            if (step == null || !isNumber(step)) {
                continue;
            }
            for (Map.Entry<String, JsonElement> entry : line.entrySet()) {
                JsonElement value = entry.getValue();
                if (!POSITION.contains(entry.getKey()) && (isNumber(value) || value.isJsonNull())) {
                    double number = value.isJsonNull() ? Double.NaN : value.getAsDouble();
                    points.computeIfAbsent(entry.getKey(), name -> new ArrayList<>())
                            .add(new Curve.Point(step.getAsLong(), number));
                }
            }
        }
        Map<String, Curve> curves = new LinkedHashMap<>();
        points.forEach((name, curve) -> curves.put(name, new Curve(curve)));
        return curves;
    }

    private static boolean isNumber(JsonElement value) {
        return value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber();
    }

    private static Optional<JsonObject> object(String text) {
        try {
            JsonElement parsed = JsonParser.parseString(text);
            return parsed.isJsonObject() ? Optional.of(parsed.getAsJsonObject()) : Optional.empty();
        } catch (JsonParseException torn) {
            return Optional.empty();
        }
    }
}
