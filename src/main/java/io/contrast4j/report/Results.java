package io.contrast4j.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The final accuracies of a run as a table. {@code eval.trained.knn} is the measure {@code knn} of {@code trained};
 * {@code eval.chance} is that of guessing, by any measure.
 *
 * @param measures the columns
 * @param rows what was judged → measure → percent
 */
record Results(List<String> measures, Map<String, Map<String, Double>> rows) {
    private static final String PREFIX = "eval.";

    /** The results in {@code run.json}; those of a run that is not complete are empty. */
    static Results of(RecordedRun run) {
        Set<String> measures = new LinkedHashSet<>();
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        Map<String, Double> everywhere = new LinkedHashMap<>();
        run.values("results")
                .forEach((key, value) -> number(value).ifPresent(number -> {
                    if (!key.startsWith(PREFIX)) {
                        return;
                    }
                    String name = key.substring(PREFIX.length());
                    int dot = name.indexOf('.');
                    if (dot < 0) {
                        everywhere.put(name, number);
                    } else {
                        String measure = name.substring(dot + 1);
                        measures.add(measure);
                        rows.computeIfAbsent(name.substring(0, dot).replace('_', ' '), judged -> new LinkedHashMap<>())
                                .put(measure, number);
                    }
                }));
        Map<String, Map<String, Double>> all = new LinkedHashMap<>();
        everywhere.forEach((name, number) -> {
            Map<String, Double> row = new LinkedHashMap<>();
            measures.forEach(measure -> row.put(measure, number));
            all.put(name.replace('_', ' '), row);
        });
        all.putAll(rows);
        return new Results(new ArrayList<>(measures), all);
    }

    private static Optional<Double> number(String text) {
        try {
            return Optional.of(Double.valueOf(text));
        } catch (NumberFormatException other) {
            return Optional.empty();
        }
    }
}
