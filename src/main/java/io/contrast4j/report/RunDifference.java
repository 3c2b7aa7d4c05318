package io.contrast4j.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * In what two runs differ: configuration, versions, data, results, the first step whose metrics are not the same, and
 * whether the final weights are the same bit by bit.
 *
 * <p>What must differ between any two runs is not compared: name, folder, times.
 */
public final class RunDifference {
    private static final String NONE = "–";
    private static final Set<String> NAMES = Set.of("name", "out");

    private final RecordedRun a;
    private final RecordedRun b;

    public RunDifference(RecordedRun a, RecordedRun b) {
        this.a = a;
        this.b = b;
    }

    /**
     * One part of the comparison.
     *
     * @param title configuration, versions, …
     * @param rows what differs; none if nothing does
     * @param verdict a word or sentence about it
     */
    public record Section(String title, List<Row> rows, Verdict verdict) {
        public Section {
            rows = List.copyOf(rows);
        }
    }

    /** What can be said of a part. */
    public enum Verdict {
        EQUAL,
        DIFFERENT,
        /** One of the runs has not recorded it. */
        UNKNOWN
    }

    /** A value in both runs. */
    public record Row(String key, String a, String b) {}

    /** All parts, those that are equal too. */
    public List<Section> sections() {
        List<Section> sections = new ArrayList<>();
        sections.add(section("configuration", a.config(), b.config(), NAMES));
        Map<String, String> machineA = machine(a);
        Map<String, String> machineB = machine(b);
        sections.add(section("versions", machineA, machineB, Set.of()));
        sections.add(data());
        sections.add(section("results", a.values("results"), b.values("results"), Set.of()));
        sections.add(metrics());
        sections.add(weights());
        return sections;
    }

    private static Map<String, String> machine(RecordedRun run) {
        Map<String, String> values = new LinkedHashMap<>(run.values("versions"));
        run.values("drivers").forEach((name, version) -> values.put("driver " + name, version));
        for (String key : List.of("git", "device", "threads", "status", "step")) {
            run.text(key).ifPresent(text -> values.put(key, text));
        }
        return values;
    }

    private Section data() {
        Map<String, String> left = data(a);
        Map<String, String> right = data(b);
        return left.isEmpty() || right.isEmpty()
                ? new Section("data", List.of(), Verdict.UNKNOWN)
                : section("data", left, right, Set.of());
    }

    private static Map<String, String> data(RecordedRun run) {
        Map<String, String> values = new LinkedHashMap<>();
        if (run.identity().get("data") instanceof JsonObject parts) {
            parts.entrySet()
                    .forEach(part -> part.getValue()
                            .getAsJsonObject()
                            .entrySet()
                            .forEach(entry -> values.put(
                                    part.getKey() + " " + entry.getKey(),
                                    entry.getValue().getAsString())));
        }
        return values;
    }

    private static Section section(
            String title, Map<String, String> left, Map<String, String> right, Set<String> ignored) {
        Set<String> keys = new LinkedHashSet<>(left.keySet());
        keys.addAll(right.keySet());
        keys.removeAll(ignored);
        List<Row> rows = new ArrayList<>();
        for (String key : keys) {
            if (!Objects.equals(left.get(key), right.get(key))) {
                rows.add(new Row(key, left.getOrDefault(key, NONE), right.getOrDefault(key, NONE)));
            }
        }
        return new Section(title, rows, rows.isEmpty() ? Verdict.EQUAL : Verdict.DIFFERENT);
    }

    /** The first line that is not the same; what depends on the clock does not count. */
    private Section metrics() {
        List<JsonObject> left = timeless(a);
        List<JsonObject> right = timeless(b);
        if (left.isEmpty() || right.isEmpty()) {
            return new Section("metrics", List.of(), Verdict.UNKNOWN);
        }
        for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
            if (!left.get(i).equals(right.get(i))) {
                return new Section("metrics", first(left.get(i), right.get(i)), Verdict.DIFFERENT);
            }
        }
        if (left.size() == right.size()) {
            return new Section("metrics", List.of(), Verdict.EQUAL);
        }
        boolean aIsShorter = left.size() < right.size();
        JsonObject last = aIsShorter ? left.get(left.size() - 1) : right.get(right.size() - 1);
        String end = "ends after step " + step(last);
        Row row = new Row("the same so far", aIsShorter ? end : "goes on", aIsShorter ? "goes on" : end);
        return new Section("metrics", List.of(row), Verdict.DIFFERENT);
    }

    private static List<Row> first(JsonObject left, JsonObject right) {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row("first at step", step(left), step(right)));
        Set<String> keys = new LinkedHashSet<>(left.keySet());
        keys.addAll(right.keySet());
        keys.remove("step");
        for (String key : keys) {
            if (!Objects.equals(left.get(key), right.get(key))) {
                rows.add(new Row(key, shown(left.get(key)), shown(right.get(key))));
            }
        }
        return rows;
    }

    private static String step(JsonObject line) {
        return shown(line.get("step"));
    }

    private static String shown(@Nullable JsonElement value) {
        return value == null ? NONE : value.toString();
    }

    private static List<JsonObject> timeless(RecordedRun run) {
        return run.lines().stream()
                .map(line -> {
                    JsonObject kept = new JsonObject();
                    line.entrySet().forEach(entry -> {
                        if (!entry.getKey().startsWith("time.")) {
                            kept.add(entry.getKey(), entry.getValue());
                        }
                    });
                    return kept;
                })
                .toList();
    }

    private Section weights() {
        String key = "weights_sha256";
        if (a.text(key).isEmpty() || b.text(key).isEmpty()) {
            return new Section("final weights", List.of(), Verdict.UNKNOWN);
        }
        String left = a.text(key).orElseThrow();
        String right = b.text(key).orElseThrow();
        return left.equals(right)
                ? new Section("final weights", List.of(), Verdict.EQUAL)
                : new Section("final weights", List.of(new Row("SHA-256", left, right)), Verdict.DIFFERENT);
    }
}
