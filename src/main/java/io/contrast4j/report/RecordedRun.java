package io.contrast4j.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run has left in its folder: {@code run.json}, {@code config.conf}, {@code metrics.jsonl} and, if it was
 * evaluated, {@code gallery.json}. It may be under way still.
 *
 * @param folder of the run
 * @param identity {@code run.json}
 * @param configText {@code config.conf}
 * @param config its values by key, in the order of the file; lists whole
 * @param lines of {@code metrics.jsonl}
 * @param gallery pictures to look at
 */
public record RecordedRun(
        Path folder,
        JsonObject identity,
        String configText,
        Map<String, String> config,
        List<JsonObject> lines,
        Optional<JsonObject> gallery) {
    /** The file of the pictures in a run's folder. */
    public static final String GALLERY = "gallery.json";

    /** Reads the folder. @throws UserError if it is not one of a run, or cannot be read */
    public static RecordedRun read(Path folder) {
        Path json = folder.resolve("run.json");
        if (!Files.exists(json)) {
            throw new UserError(
                    UserError.USAGE,
                    folder + " is not the folder of a run: it has no run.json; give one such as runs/NAME/TIME.");
        }
        Path conf = folder.resolve("config.conf");
        String configText = Files.exists(conf) ? text(conf) : "";
        Path gallery = folder.resolve(GALLERY);
        return new RecordedRun(
                folder,
                object(json),
                configText,
                flat(conf, configText),
                MetricsFile.lines(folder.resolve("metrics.jsonl")),
                Files.exists(gallery) ? Optional.of(object(gallery)) : Optional.empty());
    }

    /** What a reader calls it: its name and the time it was started. */
    public String title() {
        Path time = folder.toAbsolutePath().normalize().getFileName();
        return text("name").orElse("run") + " · " + time;
    }

    /** A text in {@code run.json}. */
    Optional<String> text(String key) {
        JsonElement value = identity.get(key);
        return value != null && value.isJsonPrimitive() ? Optional.of(value.getAsString()) : Optional.empty();
    }

    /** The values of an object in {@code run.json}, one level deep; none if it is not there. */
    Map<String, String> values(String key) {
        Map<String, String> values = new LinkedHashMap<>();
        if (identity.get(key) instanceof JsonObject object) {
            object.entrySet().forEach(entry -> values.put(entry.getKey(), shown(entry.getValue())));
        }
        return values;
    }

    private static String shown(JsonElement value) {
        return value.isJsonPrimitive() ? value.getAsString() : value.toString();
    }

    private static JsonObject object(Path file) {
        try {
            JsonElement parsed = JsonParser.parseString(text(file));
            if (parsed.isJsonObject()) {
                return parsed.getAsJsonObject();
            }
        } catch (JsonParseException damaged) {
            // Told below.
        }
        throw new UserError(UserError.FAILED, file + " is damaged: it is not a JSON object.");
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED, file + " cannot be read (" + Reasons.of(failed) + "); check its rights.", failed);
        }
    }

    private static Map<String, String> flat(Path file, String text) {
        Map<String, String> values = new LinkedHashMap<>();
        try {
            flatten(values, "", ConfigFactory.parseString(text).root());
        } catch (ConfigException damaged) {
            throw new UserError(UserError.FAILED, file + " is damaged (" + damaged.getMessage() + ").", damaged);
        }
        return values;
    }

    private static void flatten(Map<String, String> values, String prefix, ConfigObject object) {
        object.entrySet().stream()
                .sorted(Comparator.comparingInt((Map.Entry<String, ConfigValue> entry) ->
                        entry.getValue().origin().lineNumber()))
                .forEach(entry -> {
                    String key = prefix + entry.getKey();
                    ConfigValue value = entry.getValue();
                    if (value instanceof ConfigObject inner && !inner.isEmpty()) {
                        flatten(values, key + ".", inner);
                    } else {
                        values.put(
                                key,
                                value.valueType() == ConfigValueType.STRING
                                        ? String.valueOf(value.unwrapped())
                                        : value.render(ConfigRenderOptions.concise()));
                    }
                });
    }
}
