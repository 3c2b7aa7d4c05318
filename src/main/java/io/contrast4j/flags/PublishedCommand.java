package io.contrast4j.flags;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A command line of a published program, read as a shell and Python's argparse would.
 *
 * @param given what it says, by the name of the option
 */
record PublishedCommand(Script script, Map<String, String> given) {
    /** The variable that says which GPUs a command has. */
    static final String GPUS = "CUDA_VISIBLE_DEVICES";

    /** A word: parts in quotes of either kind, or without any. */
    private static final Pattern WORD = Pattern.compile("(?:'[^']*'|\"(?:\\\\.|[^\"\\\\])*\"|\\\\.|[^\\s'\"\\\\])+");

    private static final Pattern PART = Pattern.compile("'([^']*)'|\"((?:\\\\.|[^\"\\\\])*)\"|\\\\(.)|([^'\"\\\\]+)");
    private static final Pattern VARIABLE = Pattern.compile("([A-Z_][A-Z0-9_]*)=(.*)", Pattern.DOTALL);
    private static final Pattern NUMBER = Pattern.compile("-\\.?\\d.*");
    private static final String JSON = ".json";
    private static final String SYSTEM = "system";
    private static final String PYTHON = ".py";

    PublishedCommand {
        given = Map.copyOf(given);
    }

    /**
     * @param text a command, or the content of a JSON file
     * @throws UserError if it is not one of this source's
     */
    static PublishedCommand read(PublishedSource source, String text) {
        Script usual = source.scripts().get(0);
        if (text.strip().startsWith("{")) {
            Script script = ofKeys(source, text);
            return new PublishedCommand(script, keys(script, text, "The JSON"));
        }
        List<String> words = new ArrayList<>(words(text));
        Map<String, String> variables = new LinkedHashMap<>();
        for (Matcher first = variable(words); first.matches(); first = variable(words)) {
            variables.put(first.group(1), first.group(2));
            words.remove(0);
        }
        if (!words.isEmpty() && words.get(0).matches("(.*/)?python[0-9.]*")) {
            words.remove(0);
        }
        Script script = usual;
        if (!words.isEmpty() && words.get(0).endsWith(PYTHON)) {
            script = script(source, words.remove(0));
        }
        Optional<String> file =
                words.stream().filter(word -> word.endsWith(JSON)).findFirst();
        if (file.isPresent() && script == usual) {
            script = ofKeys(source, content(Path.of(file.get())));
        }
        return new PublishedCommand(script, options(script, words, variables));
    }

    /** The script of a JSON object: the one that is for its {@code system}, else the usual one. */
    private static Script ofKeys(PublishedSource source, String text) {
        return source.scripts().stream()
                .filter(script -> script.find(SYSTEM)
                        .filter(system ->
                                system.choices().stream().anyMatch(choice -> text.contains('"' + choice + '"')))
                        .isPresent())
                .findFirst()
                .orElse(source.scripts().get(0));
    }

    private static Matcher variable(List<String> words) {
        return VARIABLE.matcher(words.isEmpty() ? "" : words.get(0));
    }

    private static Script script(PublishedSource source, String file) {
        String name = file.substring(file.lastIndexOf('/') + 1);
        return source.scripts().stream()
                .filter(script -> script.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UserError(
                        UserError.USAGE,
                        source.title() + " has no " + name + ": it must be one of "
                                + source.scripts().stream().map(Script::name).collect(Collectors.joining(", ")) + "."));
    }

    private static Map<String, String> options(Script script, List<String> words, Map<String, String> variables) {
        Map<String, String> given = new LinkedHashMap<>();
        if (variables.containsKey(GPUS) && script.find(GPUS).isPresent()) {
            given.put(GPUS, variables.getOrDefault(GPUS, ""));
        }
        List<String> positional = new ArrayList<>();
        for (int at = 0; at < words.size(); at++) {
            String word = words.get(at);
            if (!isOption(word)) {
                positional.add(word);
                continue;
            }
            int equals = word.startsWith("--") ? word.indexOf('=') : -1;
            Option option = script.option(equals < 0 ? word : word.substring(0, equals));
            List<String> values = new ArrayList<>();
            if (equals >= 0) {
                values.add(word.substring(equals + 1));
            } else if (option.form() == Option.Form.VALUE && at + 1 < words.size() && !isOption(words.get(at + 1))) {
                values.add(words.get(++at));
            } else if (option.form() == Option.Form.VALUES) {
                while (at + 1 < words.size() && !isOption(words.get(at + 1)) && isValueOf(option, words.get(at + 1))) {
                    values.add(words.get(++at));
                }
            }
            given.put(option.name(), value(option, values));
        }
        place(script, positional, given);
        return given;
    }

    private static boolean isOption(String word) {
        return word.startsWith("-")
                && word.length() > 1
                && !NUMBER.matcher(word).matches();
    }

    /** Argparse would take a positional argument behind a list of numbers for one of them, and fail. */
    private static boolean isValueOf(Option option, String word) {
        return !option.type().equals("int") || word.matches("-?\\d+");
    }

    private static String value(Option option, List<String> values) {
        return switch (option.form()) {
            case SWITCH_ON -> "true";
            case SWITCH_OFF -> "false";
            case VALUES -> String.join(",", values);
            case VALUE -> {
                if (values.isEmpty()) {
                    throw new UserError(UserError.USAGE, option.name() + " needs a value.");
                }
                yield option.checked(values.get(0));
            }
        };
    }

    /** Gives the positional arguments their names; a JSON file is read. */
    private static void place(Script script, List<String> positional, Map<String, String> given) {
        List<Option> free =
                script.options().stream().filter(Option::isPositional).toList();
        for (int i = 0; i < positional.size(); i++) {
            String word = positional.get(i);
            if (word.endsWith(JSON)) {
                keys(script, content(Path.of(word)), word).forEach(given::putIfAbsent);
            } else if (i < free.size() && !free.get(i).name().contains(".")) {
                given.put(free.get(i).name(), word);
            } else {
                throw new UserError(UserError.USAGE, script.name() + " has no place for the argument " + word + ".");
            }
        }
    }

    private static String content(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.USAGE, file + " cannot be read (" + Reasons.of(failed) + "); check its name.", failed);
        }
    }

    /** The keys of a JSON file, those of inner objects with the names of the outer ones. */
    private static Map<String, String> keys(Script script, String text, String place) {
        Map<String, String> keys = new LinkedHashMap<>();
        try {
            flatten("", JsonParser.parseString(text).getAsJsonObject(), keys);
        } catch (JsonParseException | IllegalStateException broken) {
            throw new UserError(
                    UserError.USAGE, place + " is not a JSON object; check its brackets and quotes.", broken);
        }
        Map<String, String> given = new LinkedHashMap<>();
        keys.forEach((key, value) -> {
            Option option = script.find(key)
                    .orElseThrow(() -> new UserError(
                            UserError.USAGE,
                            place + " has the key " + key + ", which " + script.name() + " does not read."));
            given.put(option.name(), option.checked(value));
        });
        return given;
    }

    private static void flatten(String prefix, JsonObject object, Map<String, String> keys) {
        for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
            String key = prefix + entry.getKey();
            if (entry.getValue() instanceof JsonObject inner) {
                flatten(key + ".", inner, keys);
            } else if (entry.getValue() instanceof JsonPrimitive value) {
                keys.put(key, value.getAsString());
            } else {
                keys.put(
                        key,
                        entry.getValue().isJsonNull()
                                ? Option.NOTHING
                                : entry.getValue().toString());
            }
        }
    }

    /** As a shell would split them; a line that ends with a backslash goes on. */
    static List<String> words(String command) {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(command.replaceAll("\\\\\\r?\\n", " "));
        while (word.find()) {
            StringBuilder plain = new StringBuilder();
            Matcher part = PART.matcher(word.group());
            while (part.find()) {
                for (int group = 1; group <= part.groupCount(); group++) {
                    String found = part.group(group);
                    plain.append(found == null ? "" : group == 2 ? found.replaceAll("\\\\(.)", "$1") : found);
                }
            }
            words.add(plain.toString());
        }
        return words;
    }
}
