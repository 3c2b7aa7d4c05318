package io.contrast4j.data;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** Reads the table of a {@link Manifest}. */
final class ManifestTable {
    /** Fields between commas, as tables of pictures are written. */
    static final CSVFormat COMMAS =
            CSVFormat.RFC4180.builder().setIgnoreEmptyLines(false).get();

    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private ManifestTable() {}

    /**
     * A picture.
     *
     * @param line of the table, from 1
     */
    record Row(int line, Path file, String label) {}

    static boolean isTable(Path file) {
        return file.toString().endsWith(".csv") || file.toString().endsWith(".tsv");
    }

    /** The rows of a table, at least one. */
    static List<Row> read(Path table, String pathColumn, String labelColumn) {
        CSVFormat format = COMMAS.builder()
                .setDelimiter(table.toString().endsWith(".tsv") ? '\t' : ',')
                .get();
        List<Row> rows = new ArrayList<>();
        try (Reader reader = Files.newBufferedReader(table, StandardCharsets.UTF_8);
                CSVParser parser = format.parse(reader)) {
            Iterator<CSVRecord> records = parser.iterator();
            if (!records.hasNext()) {
                throw Unusable.because(table + " is empty; its first line must name the columns.");
            }
            List<String> header = header(records.next());
            int path = column(table, header, pathColumn);
            int label = column(table, header, labelColumn);
            int line = (int) parser.getCurrentLineNumber() + 1;
            while (records.hasNext()) {
                CSVRecord row = records.next();
                if (row.size() > 1 || !row.get(0).isBlank()) {
                    rows.add(row(table, line, row, header.size(), path, label));
                }
                line = (int) parser.getCurrentLineNumber() + 1;
            }
        } catch (CharacterCodingException e) {
            throw Unusable.because(table + " is not a text in UTF-8; save it as one.");
        } catch (FileSystemException e) {
            throw Unusable.unreadable(table, e);
        } catch (IOException | UncheckedIOException e) {
            throw broken(table, e);
        }
        if (rows.isEmpty()) {
            throw Unusable.because(table + " names no pictures; it has only the line with the names of the columns.");
        }
        return rows;
    }

    private static RuntimeException broken(Path table, Exception e) {
        Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
        if (cause instanceof CharacterCodingException) {
            return Unusable.because(table + " is not a text in UTF-8; save it as one.");
        }
        return Unusable.because(table + " cannot be read as a table: " + cause.getMessage() + "; check its quotes.");
    }

    private static List<String> header(CSVRecord record) {
        return record.stream()
                .map(name -> !name.isEmpty() && name.charAt(0) == BYTE_ORDER_MARK ? name.substring(1) : name)
                .map(String::strip)
                .toList();
    }

    private static int column(Path table, List<String> header, String name) {
        int column = header.indexOf(name);
        if (column < 0 || header.lastIndexOf(name) != column) {
            throw Unusable.because(table + " has " + (column < 0 ? "no column " : "two columns ") + name
                    + "; its first line names "
                    + header.stream().limit(20).collect(Collectors.joining(", ")) + ".");
        }
        return column;
    }

    private static Row row(Path table, int line, CSVRecord record, int columns, int path, int label) {
        if (record.size() != columns) {
            throw Unusable.because(table + ", line " + line + ": it has " + record.size() + " fields and not " + columns
                    + " as the first line has.");
        }
        for (int column : new int[] {path, label}) {
            if (record.get(column).isBlank()) {
                throw Unusable.because(
                        table + ", line " + line + ": the " + (column == path ? "path" : "label") + " is empty.");
            }
        }
        try {
            return new Row(
                    line,
                    table.resolveSibling(record.get(path)),
                    record.get(label).strip());
        } catch (InvalidPathException e) {
            throw Unusable.because(table + ", line " + line + ": " + record.get(path) + " is not a path.");
        }
    }
}
