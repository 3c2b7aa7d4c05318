package io.contrast4j.flags;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The programs of a source with all their options.
 *
 * @param id as the command line has it, such as {@code align-uniform}
 * @param about what the source is
 */
public record PublishedSource(String id, String title, String about, List<Script> scripts) {
    /** All sources. */
    public static final List<String> IDS = List.of("cmc", "moco", "align-uniform", "ring", "selfcon");

    public PublishedSource {
        scripts = List.copyOf(scripts);
    }

    /**
     * Reads a source's resource.
     *
     * @throws UserError if there is no such source
     */
    public static PublishedSource of(String id) {
        if (!IDS.contains(id)) {
            throw new UserError(
                    UserError.USAGE,
                    "There is no source " + id + ": it must be one of " + String.join(", ", IDS) + ".");
        }
        String resource = id + ".json";
        try (InputStream in = Objects.requireNonNull(PublishedSource.class.getResourceAsStream(resource), resource)) {
            JsonObject read = JsonParser.parseReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                    .getAsJsonObject();
            List<Script> scripts = new ArrayList<>();
            read.getAsJsonArray("scripts").forEach(script -> scripts.add(script(script.getAsJsonObject())));
            return new PublishedSource(
                    id, text(read, "title").orElse(id), text(read, "about").orElse(""), scripts);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static Script script(JsonObject read) {
        List<Option> options = new ArrayList<>();
        read.getAsJsonArray("options").forEach(option -> options.add(option(option.getAsJsonObject())));
        return new Script(text(read, "name").orElseThrow(), texts(read, "base"), read.has("evaluates"), options);
    }

    private static Option option(JsonObject read) {
        List<Rule> rules = new ArrayList<>();
        if (read.has("rules")) {
            read.getAsJsonArray("rules").forEach(rule -> rules.add(rule(rule.getAsJsonObject())));
        }
        List<String> choices = new ArrayList<>(texts(read, "choices"));
        choices.addAll(texts(read, "also"));
        return new Option(
                texts(read, "names"),
                form(read),
                text(read, "type").orElse("bool"),
                text(read, "default"),
                choices,
                read.has("onlyIfGiven"),
                read.has("closed"),
                rules,
                text(read, "note").orElse(""));
    }

    private static Option.Form form(JsonObject read) {
        return switch (text(read, "action").orElse("")) {
            case "store_true" -> Option.Form.SWITCH_ON;
            case "store_false" -> Option.Form.SWITCH_OFF;
            default -> read.has("nargs") ? Option.Form.VALUES : Option.Form.VALUE;
        };
    }

    private static Rule rule(JsonObject read) {
        Map<String, String> when = new HashMap<>();
        if (read.has("when")) {
            read.getAsJsonObject("when")
                    .entrySet()
                    .forEach(one -> when.put(one.getKey(), one.getValue().getAsString()));
        }
        return new Rule(when, text(read, "hocon").orElseThrow());
    }

    private static Optional<String> text(JsonObject read, String key) {
        return Optional.ofNullable(read.get(key)).map(JsonElement::getAsString);
    }

    private static List<String> texts(JsonObject read, String key) {
        List<String> texts = new ArrayList<>();
        if (read.has(key)) {
            read.getAsJsonArray(key).forEach(text -> texts.add(text.getAsString()));
        }
        return texts;
    }
}
