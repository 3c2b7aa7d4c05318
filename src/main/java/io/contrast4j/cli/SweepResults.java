package io.contrast4j.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.report.Comparison;
import io.contrast4j.report.RecordedRun;
import io.contrast4j.report.ReportPage;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the runs of a sweep have come to: a table of what was chosen and of the results, the best run first, as text, as {@code
 * summary.csv} and on the page {@code report.html} of the sweep's folder.
 */
final class SweepResults {
    private static final String TRAINED = "eval.trained.";
    private static final String SEED = "seed";

    /** The measures, in the order of columns. */
    private static final List<String> PREFERRED = Arrays.stream(SweepConfig.Plan.Result.values())
            .filter(measure -> measure != SweepConfig.Plan.Result.AUTO)
            .map(measure -> measure.name().toLowerCase(Locale.ROOT))
            .toList();

    private final Sweep sweep;
    private final List<Row> rows;
    private final List<String> settings;
    private final List<String> measures;
    private final String result;

    /** One run. */
    private record Row(Combination combination, Combination.State state, Map<String, Double> results) {
        String setting(String key) {
            return combination.settings().getOrDefault(key, "");
        }
    }

    private SweepResults(Sweep sweep, List<Row> rows) {
        this.sweep = sweep;
        this.settings = rows.stream()
                .flatMap(row -> row.combination().settings().keySet().stream())
                .distinct()
                .toList();
        Set<String> known = new TreeSet<>();
        rows.forEach(row -> known.addAll(row.results().keySet()));
        Set<String> ordered = new LinkedHashSet<>(PREFERRED);
        ordered.retainAll(known);
        ordered.addAll(known);
        this.measures = List.copyOf(ordered);
        SweepConfig.Plan.Result wanted = sweep.plan().result();
        this.result = wanted == SweepConfig.Plan.Result.AUTO
                ? measures.stream().findFirst().orElse(PREFERRED.get(0))
                : wanted.name().toLowerCase(Locale.ROOT);
        this.rows = rows.stream()
                .sorted(Comparator.comparingDouble(
                        (Row row) -> -row.results().getOrDefault(result, Double.NEGATIVE_INFINITY)))
                .toList();
    }

    /** As the folders of the runs are now. */
    static SweepResults of(Sweep sweep) {
        return new SweepResults(
                sweep,
                sweep.combinations().stream()
                        .map(combination -> {
                            Combination.State state = combination.state();
                            boolean isComplete = state == Combination.State.COMPLETE;
                            return new Row(combination, state, isComplete ? results(combination) : Map.of());
                        })
                        .toList());
    }

    private static Map<String, Double> results(Combination combination) {
        Map<String, Double> results = new LinkedHashMap<>();
        JsonObject all = combination.run().map(run -> run.recorded("results")).orElseGet(JsonObject::new);
        for (Map.Entry<String, JsonElement> entry : all.entrySet()) {
            if (entry.getKey().startsWith(TRAINED)) {
                results.put(
                        entry.getKey().substring(TRAINED.length()),
                        entry.getValue().getAsDouble());
            }
        }
        return results;
    }

    /** The table, a line for each run. */
    String text() {
        List<List<String>> lines = new ArrayList<>();
        lines.add(row(List.of("run"), settings, List.of("state"), measures));
        for (Row row : rows) {
            lines.add(row(
                    List.of(row.combination().name()),
                    settings.stream().map(row::setting).toList(),
                    List.of(row.state().shown()),
                    shown(row)));
        }
        int[] widths = new int[lines.get(0).size()];
        lines.forEach(line -> {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], line.get(column).length());
            }
        });
        return lines.stream()
                .map(line -> {
                    StringBuilder text = new StringBuilder();
                    for (int column = 0; column < widths.length; column++) {
                        text.append(String.format("%-" + widths[column] + "s  ", line.get(column)));
                    }
                    return text.toString().stripTrailing() + "\n";
                })
                .collect(Collectors.joining());
    }

    private List<String> shown(Row row) {
        return measures.stream()
                .map(measure -> row.results().containsKey(measure)
                        ? String.format(Locale.ROOT, "%.2f", row.results().get(measure))
                        : "")
                .toList();
    }

    /** How many are in a state. */
    long count(Combination.State state) {
        return rows.stream().filter(row -> row.state() == state).count();
    }

    /** Of each failed run its name and why. */
    List<String> failures() {
        return rows.stream()
                .filter(row -> row.state() == Combination.State.FAILED)
                .map(row -> row.combination().name() + ": " + row.combination().whyFailed())
                .toList();
    }

    /** Mean and standard deviation over the seeds, where there are several; empty where there are not. */
    private List<List<String>> overSeeds() {
        List<String> others = settings.stream().filter(key -> !key.equals(SEED)).toList();
        Map<List<String>, List<Row>> groups = rows.stream()
                .collect(Collectors.groupingBy(
                        row -> others.stream().map(row::setting).toList(), LinkedHashMap::new, Collectors.toList()));
        if (sweep.plan().seeds().size() < 2) {
            return List.of();
        }
        List<List<String>> lines = new ArrayList<>();
        groups.forEach((group, members) -> {
            double[] values = members.stream()
                    .filter(row -> row.results().containsKey(result))
                    .mapToDouble(row -> row.results().get(result))
                    .toArray();
            lines.add(row(
                    group,
                    List.of(Integer.toString(values.length)),
                    values.length == 0
                            ? List.of("", "")
                            : List.of(
                                    String.format(Locale.ROOT, "%.2f", mean(values)),
                                    values.length == 1 ? "" : String.format(Locale.ROOT, "%.2f", deviation(values)))));
        });
        lines.sort(Comparator.comparingDouble((List<String> line) -> {
            String mean = line.get(line.size() - 2);
            return mean.isEmpty() ? Double.POSITIVE_INFINITY : -Double.parseDouble(mean);
        }));
        lines.add(0, row(others, List.of("seeds", result + ", mean", "deviation")));
        return lines;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    /** Of a sample: divided by one less than their number. */
    private static double deviation(double[] values) {
        double mean = mean(values);
        double sum = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .sum();
        return Math.sqrt(sum / (values.length - 1));
    }

    @SafeVarargs
    private static List<String> row(List<String>... parts) {
        return Stream.of(parts).flatMap(List::stream).toList();
    }

    /**
     * Writes {@code summary.csv} and, if any run has begun, {@code report.html}.
     *
     * @return the page or, without one, the table
     */
    Path write() {
        Path csv = sweep.folder().resolve("summary.csv");
        StringBuilder lines = new StringBuilder();
        append(lines, row(List.of("run", "state"), settings, measures, List.of("folder")));
        for (Row row : rows) {
            append(
                    lines,
                    row(
                            List.of(row.combination().name(), row.state().shown()),
                            settings.stream().map(row::setting).toList(),
                            measures.stream()
                                    .map(measure -> row.results().containsKey(measure)
                                            ? Double.toString(row.results().get(measure))
                                            : "")
                                    .toList(),
                            List.of(row.combination()
                                    .run()
                                    .map(run -> run.path().toString())
                                    .orElse(""))));
        }
        try {
            Files.createDirectories(sweep.folder());
            Files.writeString(csv, lines);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    csv + " cannot be written (" + Reasons.of(failed) + "): " + Reasons.remedy(failed) + ".",
                    failed);
        }
        List<RecordedRun> runs = rows.stream()
                .flatMap(row -> row.combination().run().stream())
                .map(run -> RecordedRun.read(run.path()))
                .toList();
        if (runs.isEmpty()) {
            return csv;
        }
        Path page = sweep.folder().resolve(ReportPage.FILE);
        new ReportPage(runs, comparison()).write(page);
        return page;
    }

    private Comparison comparison() {
        List<List<String>> cells = rows.stream()
                .map(row -> row(
                        List.of(row.combination().name()),
                        settings.stream().map(row::setting).toList(),
                        List.of(row.state().shown()),
                        shown(row)))
                .toList();
        List<Comparison.Table> tables = new ArrayList<>();
        tables.add(new Comparison.Table(
                "All runs, by " + result, row(List.of("run"), settings, List.of("state"), measures), cells));
        List<List<String>> means = overSeeds();
        if (!means.isEmpty()) {
            tables.add(new Comparison.Table("Mean over the seeds", means.get(0), means.subList(1, means.size())));
        }
        return new Comparison(sweep.name(), tables);
    }

    private static void append(StringBuilder lines, List<String> cells) {
        lines.append(cells.stream()
                        .map(cell -> cell.matches("[^\",\\r\\n]*") ? cell : '"' + cell.replace("\"", "\"\"") + '"')
                        .collect(Collectors.joining(",")))
                .append('\n');
    }
}
