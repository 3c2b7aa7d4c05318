package io.contrast4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A table of numbers that is printed line by line, and what it says for {@code results.json}. */
final class EvalTable {
    private static final String CELL = "%16s";

    private final List<String> columns;
    private final List<Map<String, Object>> rows = new ArrayList<>();

    /** Prints the heads of the columns behind that of the outputs. */
    EvalTable(List<String> columns) {
        this.columns = List.copyOf(columns);
        StringBuilder head = new StringBuilder(String.format("%-20s", "output"));
        columns.forEach(column -> head.append(String.format(CELL, column)));
        System.out.println(head);
    }

    /** Prints a line, and returns what it says, to which more may be added. */
    Map<String, Object> row(String output, double... values) {
        StringBuilder line = new StringBuilder(String.format("%-20s", output));
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("output", output);
        for (int i = 0; i < values.length; i++) {
            boolean isWhole =
                    values[i] == Math.rint(values[i]) && columns.get(i).equals("k");
            line.append(
                    String.format(Locale.ROOT, CELL, String.format(Locale.ROOT, isWhole ? "%.0f" : "%.3f", values[i])));
            row.put(columns.get(i).replace('-', '_').replace(' ', '_').replace("@", "_at_"), values[i]);
        }
        System.out.println(line);
        rows.add(row);
        return row;
    }

    List<Map<String, Object>> rows() {
        return rows;
    }
}
