package io.contrast4j.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Which curves belong in one picture, by their names alone, so that a new meter has its place without being known here:
 * what a name begins with is its family; {@code epoch.loss} is drawn with {@code loss}; names that begin with {@code time.}
 * go by their unit.
 */
final class ChartPlan {
    private static final String EPOCH = "epoch.";

    private ChartPlan() {}

    /**
     * A picture.
     *
     * @param id letters, digits and dashes
     * @param title for people
     * @param unit what its values are divided by and called
     * @param keys the curves in it
     */
    record Chart(String id, String title, Unit unit, List<String> keys) {}

    /** How values are shown. */
    enum Unit {
        PLAIN("", 1),
        PERCENT("%", 0.01),
        MIBIBYTES("MiB", 1 << 20),
        IMAGES_PER_SECOND("images/s", 1),
        ACCURACY("%", 1);

        /** What stands behind a value. */
        final String name;

        /** What a value in the file is divided by. */
        final double size;

        Unit(String name, double size) {
            this.name = name;
            this.size = size;
        }
    }

    /** A family of names: where it stands on the page, and what it is called. */
    private record Family(int place, String title, Unit unit) {}

    /** Pictures in the order in which they are shown, of curves that are worth one. */
    static List<Chart> of(Collection<Map<String, Curve>> runs) {
        Set<String> keys = new LinkedHashSet<>();
        for (Map<String, Curve> curves : runs) {
            curves.forEach((key, curve) -> {
                boolean isQuiet = key.equals("corrupt") && curve.isAlways(0);
                // A single evaluation is a table, not a curve.
                boolean isTable = key.startsWith("eval.") && curve.points().size() < 2;
                if (!isQuiet && !isTable && !Profile.isSeconds(key)) {
                    keys.add(key);
                }
            });
        }
        Map<Family, List<String>> families = new LinkedHashMap<>();
        keys.forEach(key -> families.computeIfAbsent(family(key), family -> new ArrayList<>())
                .add(key));
        return families.entrySet().stream()
                .sorted((one, other) ->
                        Integer.compare(one.getKey().place(), other.getKey().place()))
                .map(entry -> new Chart(
                        entry.getKey().title().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-"),
                        entry.getKey().title(),
                        entry.getKey().unit(),
                        List.copyOf(entry.getValue())))
                .toList();
    }

    private static Family family(String key) {
        String name = key.startsWith(EPOCH) ? key.substring(EPOCH.length()) : key;
        String[] parts = name.split("\\.");
        switch (parts[0]) {
            case "loss":
                return new Family(0, "Loss", Unit.PLAIN);
            case "eval":
            case "validation":
                return new Family(1, "Accuracy while training", Unit.ACCURACY);
            case "learning_rate":
                return new Family(5, "Learning rate", Unit.PLAIN);
            case "time":
                return time(name);
            case "monitor":
                // Monitors have scales of their own: only the pairs of one of them share a picture.
                return parts.length > 1
                        ? new Family(parts.length > 2 ? 3 : 4, spoken(parts[1]), Unit.PLAIN)
                        : new Family(4, spoken(name), Unit.PLAIN);
            default:
                boolean isDeep = parts.length > 2;
                String family = isDeep ? parts[0] + " " + parts[1] : parts[0];
                return new Family(isDeep ? 4 : 2, spoken(family), Unit.PLAIN);
        }
    }

    private static Family time(String name) {
        if (name.endsWith("_per_second")) {
            return new Family(6, "Throughput", Unit.IMAGES_PER_SECOND);
        }
        if (name.equals("time.attained_share")) {
            return new Family(7, "Reached part of the attainable rate", Unit.PERCENT);
        }
        if (name.endsWith("_share")) {
            return new Family(8, "Where the time goes", Unit.PERCENT);
        }
        return name.endsWith("_bytes")
                ? new Family(9, "Memory", Unit.MIBIBYTES)
                : new Family(10, "Other measurements", Unit.PLAIN);
    }

    private static String spoken(String family) {
        String words = family.replace('_', ' ').replace('-', ' ').replaceAll("(?<=[a-z])(?=\\d)", "-");
        return Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }
}
