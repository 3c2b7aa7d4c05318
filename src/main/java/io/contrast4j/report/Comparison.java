package io.contrast4j.report;

import java.util.List;

/**
 * Tables that a page of several runs begins with.
 *
 * @param title of the page
 * @param tables one or several
 */
public record Comparison(String title, List<Table> tables) {
    public Comparison {
        tables = List.copyOf(tables);
    }

    /**
     * A table of texts.
     *
     * @param rows each as long as the columns
     */
    public record Table(String title, List<String> columns, List<List<String>> rows) {
        public Table {
            columns = List.copyOf(columns);
            rows = List.copyOf(rows);
            for (List<String> row : rows) {
                if (row.size() != columns.size()) {
                    throw new IllegalArgumentException("a row of " + row.size() + " cells below " + columns);
                }
            }
        }
    }
}
