package io.contrast4j.flags;

import io.contrast4j.spec.UserError;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Turns a command line or a JSON file of a published program into a configuration. */
public final class ConfigImport {
    private ConfigImport() {}

    /**
     * A configuration.
     *
     * @param isEvaluation whether it is one of {@code contrast4j eval linear}, and not of {@code contrast4j train}
     */
    public record Imported(String hocon, boolean isEvaluation) {}

    /**
     * The equivalent configuration as HOCON. Each line is preceded by the option that it comes from, with the program's default
     * where the command does not say it.
     *
     * @param text a command, a JSON object, or for ring a command with a JSON file
     * @throws UserError if it is not one of this source's, or asks for what has no counterpart
     */
    public static Imported of(PublishedSource source, String text) {
        PublishedCommand command = PublishedCommand.read(source, text);
        Script script = command.script();
        if (!script.isImported()) {
            throw new UserError(
                    UserError.USAGE,
                    script.name() + " neither trains nor evaluates and is not imported; docs/flags/" + source.id()
                            + ".md says what takes its place.");
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (Option option : script.options()) {
            String value = command.given().getOrDefault(option.name(), option.unset());
            option.names().forEach(name -> values.put(name, value));
        }
        StringBuilder out = new StringBuilder();
        out.append("# Imported from ")
                .append(script.name())
                .append(" of ")
                .append(source.title())
                .append(script.evaluates() ? ", for contrast4j eval linear.\n" : ".\n");
        out.append("name = imported\n\n# Whatever the options are.\n");
        script.base().forEach(line -> out.append(line).append('\n'));
        for (Option option : script.options()) {
            append(out, source.id(), option, values, command.given().containsKey(option.name()));
        }
        return new Imported(out.toString(), script.evaluates());
    }

    private static void append(
            StringBuilder out, String source, Option option, Map<String, String> values, boolean isGiven) {
        String value = values.getOrDefault(option.name(), Option.NOTHING);
        boolean isNothing = value.equals(Option.NOTHING);
        List<Rule> rules = option.rules().stream()
                .filter(rule -> !isNothing || rule.when().containsKey(option.name()))
                .filter(rule -> rule.holds(values))
                .toList();
        if (rules.isEmpty() && option.closed()) {
            throw new UserError(
                    UserError.USAGE,
                    isNothing
                            ? option.name() + " is needed: it says what to do."
                            : option.name() + " " + value + " has no counterpart; docs/flags/" + source
                                    + ".md says what has.");
        }
        if (rules.isEmpty() || option.onlyIfGiven() && !isGiven) {
            return;
        }
        out.append("\n# ").append(written(option, value)).append(isGiven ? "\n" : " (the default)\n");
        out.append(rules.stream().map(rule -> rule.with(value)).collect(Collectors.joining("\n")))
                .append('\n');
    }

    /** As a command would have it, on one line. */
    private static String written(Option option, String value) {
        return switch (option.form()) {
            case SWITCH_ON, SWITCH_OFF -> (value.equals(option.unset()) ? "without " : "") + option.name();
            default -> option.name() + (value.equals(Option.NOTHING) ? "" : " " + value.replace('\n', ' '));
        };
    }
}
