package io.contrast4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Runs in groups: those of a folder of conf/ on the same data. What all runs of a group have in common stands in its heading once, and
 * only the rest in its rows, so that lines stay short. Where accuracies come from stands below the heading, numbered if it is from
 * several places.
 *
 * <pre>
 * align-uniform, imagenet-100: moco align-uniform, torchvision-resnet-50
 * top-1 in %: README of align-uniform, table of ImageNet-100
 *   align-uniform-normal-b128-lr03-2a-u2  75.44
 * </pre>
 *
 * @param group the folder and the data
 */
record RunTable(String group, List<RunSummary> runs) {
    private static final List<Function<RunSummary, String>> COLUMNS =
            List.of(RunSummary::method, RunSummary::architecture);

    RunTable {
        runs = List.copyOf(runs);
    }

    /** The groups of runs in the order of their first ones. */
    static List<RunTable> of(List<RunSummary> runs) {
        Map<String, List<RunSummary>> groups = new LinkedHashMap<>();
        for (RunSummary run : runs) {
            groups.computeIfAbsent(run.folder() + ", " + run.data(), name -> new ArrayList<>())
                    .add(run);
        }
        return groups.entrySet().stream()
                .map(group -> new RunTable(group.getKey(), group.getValue()))
                .toList();
    }

    /** One line or several. */
    List<String> heading() {
        List<String> lines = new ArrayList<>();
        String common = COLUMNS.stream()
                .filter(this::isCommon)
                .map(column -> column.apply(runs.get(0)))
                .collect(Collectors.joining(", "));
        lines.add(group + (common.isEmpty() ? "" : ": " + common));
        List<String> sources = sources();
        for (int i = 0; i < sources.size(); i++) {
            lines.add("top-1 in %" + (sources.size() == 1 ? "" : " [" + (i + 1) + "]") + ": " + sources.get(i));
        }
        return lines;
    }

    /** For each run, in their order. */
    List<String> rows() {
        List<Function<RunSummary, String>> cells = new ArrayList<>();
        cells.add(RunSummary::name);
        COLUMNS.stream().filter(column -> !isCommon(column)).forEach(cells::add);
        List<String> sources = sources();
        cells.add(run -> run.top1()
                + (run.source().isEmpty() || sources.size() == 1
                        ? ""
                        : " [" + (sources.indexOf(run.source()) + 1) + "]"));
        List<Integer> widths = cells.stream()
                .map(cell -> runs.stream()
                        .mapToInt(run -> cell.apply(run).length())
                        .max()
                        .orElse(0))
                .toList();
        List<String> rows = new ArrayList<>();
        for (RunSummary run : runs) {
            StringBuilder row = new StringBuilder();
            for (int i = 0; i < cells.size(); i++) {
                String cell = cells.get(i).apply(run);
                row.append(cell).append(" ".repeat(widths.get(i) - cell.length() + 2));
            }
            rows.add(row.toString().stripTrailing());
        }
        return rows;
    }

    private boolean isCommon(Function<RunSummary, String> column) {
        return runs.stream().map(column).distinct().count() == 1;
    }

    private List<String> sources() {
        return runs.stream()
                .map(RunSummary::source)
                .filter(source -> !source.isEmpty())
                .distinct()
                .toList();
    }
}
