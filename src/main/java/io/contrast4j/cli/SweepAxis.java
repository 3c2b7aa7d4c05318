package io.contrast4j.cli;

import io.contrast4j.config.Fragment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One direction of a sweep: the values of a key, or whatever else is chosen by itself.
 *
 * @param choices in the order of the file
 */
record SweepAxis(List<Choice> choices) {
    /** What is longer is cut, and told apart by its hash. */
    private static final int LONGEST = 28;

    private static final int DIGITS = 6;

    /**
     * One of them.
     *
     * @param label its part of the name of a run; empty if there is nothing to tell apart
     * @param settings what tables show, by the name of the column
     * @param values of keys
     * @param base the file that runs are made of, if this chooses one
     */
    record Choice(String label, Map<String, String> settings, Map<String, Fragment> values, Optional<String> base) {}

    /** A choice whose label may not be the only one of its kind yet. */
    private record Draft(String label, Choice choice) {
        /** Everything that tells it apart. */
        String whole() {
            return choice.settings() + choice.base().orElse("");
        }
    }

    /** Of the runs that others are made of. */
    static SweepAxis ofBases(List<String> bases) {
        return of(bases.stream()
                .map(base -> {
                    String shown = base.replaceFirst(".*/", "").replaceFirst("\\.conf$", "");
                    boolean isOnly = bases.size() == 1;
                    Map<String, String> settings = isOnly ? Map.of() : Map.of("base", shown);
                    return new Draft(isOnly ? "" : plain(shown), new Choice("", settings, Map.of(), Optional.of(base)));
                })
                .toList());
    }

    /** Of changes that belong together; a {@code name} among them is the label. */
    static SweepAxis ofRuns(List<Map<String, Fragment>> runs) {
        return of(runs.stream()
                .map(run -> {
                    Map<String, Fragment> values = new LinkedHashMap<>(run);
                    Optional<String> name =
                            Optional.ofNullable(values.remove("name")).map(Fragment::text);
                    Map<String, String> settings = new LinkedHashMap<>();
                    name.ifPresent(given -> settings.put("run", given));
                    values.forEach((key, value) -> settings.put(key, value.text()));
                    String label = name.orElseGet(() -> values.entrySet().stream()
                            .map(value -> label(value.getKey(), value.getValue()))
                            .collect(Collectors.joining("_")));
                    return new Draft(plain(label), new Choice("", settings, values, Optional.empty()));
                })
                .toList());
    }

    /** Of the values of a key. */
    static SweepAxis of(String key, List<Fragment> values) {
        return of(values.stream()
                .map(value -> new Draft(
                        label(key, value),
                        new Choice("", Map.of(key, value.text()), Map.of(key, value), Optional.empty())))
                .toList());
    }

    private static SweepAxis of(List<Draft> drafts) {
        Map<String, Long> counts = drafts.stream().collect(Collectors.groupingBy(Draft::label, Collectors.counting()));
        Function<Draft, String> label = draft -> counts.getOrDefault(draft.label(), 0L) == 1
                ? draft.label()
                : draft.label() + "-" + Sha256.of(draft.whole()).substring(0, DIGITS);
        List<Choice> choices = new ArrayList<>();
        for (Draft draft : drafts) {
            Choice choice = draft.choice();
            choices.add(new Choice(label.apply(draft), choice.settings(), choice.values(), choice.base()));
        }
        return new SweepAxis(choices);
    }

    /** {@code learning-rate-0.1}, {@code negatives-ring}. */
    private static String label(String key, Fragment value) {
        String path = key.endsWith(".type") ? key.substring(0, key.lastIndexOf('.')) : key;
        return plain(path.substring(path.lastIndexOf('.') + 1)) + "-"
                + plain(value.type().orElseGet(value::text));
    }

    /** What may stand in the name of a run. */
    private static String plain(String text) {
        String plain = text.replaceAll("[^A-Za-z0-9._]+", "-").replaceAll("^[-._]+|-+$", "");
        return plain.length() <= LONGEST
                ? plain
                : plain.substring(0, LONGEST - DIGITS - 1) + "-"
                        + Sha256.of(text).substring(0, DIGITS);
    }
}
