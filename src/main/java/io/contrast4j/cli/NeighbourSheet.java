package io.contrast4j.cli;

import io.contrast4j.image.Decoder;
import io.contrast4j.image.PictureGrid;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.opencv.opencv_core.Mat;

/** Pictures and those that are most similar to them, as tables for the terminal and as one sheet. */
final class NeighbourSheet {
    private static final int SIDE = 128;
    private static final int COLUMNS = 8;

    private final List<Row> rows = new ArrayList<>();

    /** A picture that was found. */
    record Found(Path file, String name, float similarity) {}

    private record Row(Path query, List<Found> found) {}

    /** Prints the table of a query. */
    static void print(Path query, List<Found> found) {
        System.out.println("neighbours of " + query);
        for (int i = 0; i < found.size(); i++) {
            System.out.printf(
                    Locale.ROOT,
                    "%4d  %7.4f  %s%n",
                    i + 1,
                    found.get(i).similarity(),
                    found.get(i).name());
        }
    }

    void add(Path query, List<Found> found) {
        rows.add(new Row(query, List.copyOf(found)));
    }

    /** @throws io.contrast4j.spec.UserError if the file cannot be written */
    void write(Path png) {
        try (Scope scope = Scope.open()) {
            int most = rows.stream().mapToInt(row -> row.found.size()).max().orElse(0);
            PictureGrid grid = new PictureGrid(Math.min(COLUMNS, most + 1), SIDE);
            for (Row row : rows) {
                grid.heading(String.valueOf(row.query.getFileName()));
                add(grid, row.query, "query");
                for (Found found : row.found) {
                    add(grid, found.file, String.format(Locale.ROOT, "%.3f", found.similarity));
                }
            }
            grid.write(png);
        }
    }

    private static void add(PictureGrid grid, Path file, String caption) {
        Mat cell = new Mat();
        // A whole picture has a thousand times the memory of its cell, and is freed before the next one is read.
        try (Scope scope = Scope.open()) {
            PictureGrid.cell(Decoder.read(file), SIDE).copyTo(cell);
        } catch (IOException gone) {
            grid.addMissing(caption);
            return;
        }
        grid.add(cell, caption);
    }
}
