package io.contrast4j.flags;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A source's options as a page of the documentation. */
public final class FlagPage {
    private FlagPage() {}

    /** The page as Markdown, with a table for each program. */
    public static String markdown(PublishedSource source) {
        StringBuilder out = new StringBuilder();
        out.append("# Options of ").append(source.title()).append("\n\n").append(source.about());
        out.append(
                        " What each option is called in a [configuration](../configuration.md), or why it is not there. `contrast4j config"
                                + " import --from ")
                .append(source.id())
                .append(" \"COMMAND\"` translates a whole command. In the second column"
                        + " `$VALUE` is the option's value, and other words with a `$` are forms of it; a condition stands in brackets."
                        + " Generated.\n");
        for (Script script : source.scripts()) {
            out.append("\n## ").append(script.name()).append("\n\n");
            if (script.evaluates()) {
                out.append(
                        "An evaluation: what is imported is for `contrast4j eval linear` ([evaluation.md](../evaluation.md#the-published-protocols)).\n\n");
            }
            if (script.isImported()) {
                out.append("Whatever the options are: ")
                        .append(script.base().stream().map(FlagPage::code).collect(Collectors.joining(", ")))
                        .append(".\n\n");
            }
            out.append("| option | configuration | default there | |\n|---|---|---|---|\n");
            for (Option option : script.options()) {
                out.append("| ")
                        .append(option.names().stream().map(FlagPage::code).collect(Collectors.joining(", ")))
                        .append(" | ")
                        .append(
                                option.rules().isEmpty()
                                        ? "–"
                                        : option.rules().stream()
                                                .map(rule -> rule(option, rule))
                                                .collect(Collectors.joining("<br>")))
                        .append(" | ")
                        .append(
                                option.unset().equals(Option.NOTHING)
                                                || option.unset().isEmpty()
                                        ? ""
                                        : code(option.unset()))
                        .append(" | ")
                        .append(cell(option.note()))
                        .append(" |\n");
            }
        }
        return out.toString();
    }

    private static String rule(Option option, Rule rule) {
        Map<String, String> when = new TreeMap<>(rule.when());
        String own = when.remove(option.name());
        String value = own == null ? "" : own.equals(Option.NOTHING) ? "not given: " : code(own) + ": ";
        String others = when.entrySet().stream()
                .map(one -> code(one.getKey() + " " + one.getValue()))
                .collect(Collectors.joining(", "));
        return value
                + rule.hocon().lines().map(FlagPage::code).collect(Collectors.joining(", "))
                + (others.isEmpty() ? "" : " (" + others + ")");
    }

    private static String code(String text) {
        return "`" + cell(text) + "`";
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
