package io.contrast4j.data;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.TypeName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Picture files that a table names, with their labels. The table is a {@code .csv} (fields divided by commas) or a {@code
 * .tsv} (by tabs) in UTF-8 whose first line names the columns; a field that holds a separator, a quote or the end of a
 * line stands in double quotes. Paths are relative to the folder of the table. Samples are in the order of the lines.
 *
 * <p>If every label in the table of the training pictures is a whole number, these are the labels, and the classes are
 * called 0, 1, … up to the largest. Else the labels are names, and the classes are these in sorted order. The test
 * pictures have the same classes.
 */
public final class Manifest {
    private static final int LARGEST_LABEL = 99_999;

    private Manifest() {}

    /**
     * @param train table of the pictures to learn from
     * @param test table of the pictures to test on
     * @param pathColumn name of the column with the files
     * @param labelColumn name of the column with the labels
     * @param loadSide shorter side in pixels that every picture is scaled to when it is read; without it pictures stay as
     *     they are
     */
    @TypeName("manifest")
    public record Config(Path train, Path test, String pathColumn, String labelColumn, Optional<Integer> loadSide)
            implements Dataset.Config, ReadsFiles {
        public Config {
            new Problems()
                    .require(ManifestTable.isTable(train), "train", train, "a file with the ending .csv or .tsv")
                    .require(ManifestTable.isTable(test), "test", test, "a file with the ending .csv or .tsv")
                    .require(
                            !pathColumn.equals(labelColumn),
                            "labelColumn",
                            labelColumn,
                            "another column than data.path-column")
                    .between("loadSide", loadSide.orElse(1), 1, 8192)
                    .raise();
        }

        @Override
        public Problems missing() {
            return new Problems()
                    .require(Files.isRegularFile(train), "train", train, "a file that is there")
                    .require(Files.isRegularFile(test), "test", test, "a file that is there");
        }

        private List<ManifestTable.Row> rows(Path table) {
            return ManifestTable.read(table, pathColumn, labelColumn);
        }

        @Override
        public Dataset openTrain() {
            List<ManifestTable.Row> rows = rows(train);
            return open(train, rows, classes(train, rows), loadSide);
        }

        @Override
        public Dataset openTest() {
            return open(test, rows(test), classes(train, rows(train)), loadSide);
        }
    }

    private static List<String> classes(Path table, List<ManifestTable.Row> rows) {
        Collection<String> names = new TreeSet<>(FolderListing.BY_CODE_POINT);
        rows.forEach(row -> names.add(row.label()));
        if (!names.stream().allMatch(name -> name.matches("0|[1-9][0-9]*"))) {
            return List.copyOf(names);
        }
        int largest = 0;
        for (ManifestTable.Row row : rows) {
            if (row.label().length() > 9 || Integer.parseInt(row.label()) > LARGEST_LABEL) {
                throw Unusable.because(table + ", line " + row.line() + ": the label " + row.label()
                        + " is too large; whole numbers count the classes from 0, up to " + LARGEST_LABEL + ".");
            }
            largest = Math.max(largest, Integer.parseInt(row.label()));
        }
        return IntStream.rangeClosed(0, largest).mapToObj(Integer::toString).toList();
    }

    private static Dataset open(
            Path table, List<ManifestTable.Row> rows, List<String> classes, Optional<Integer> loadSide) {
        Map<String, Integer> labels = new HashMap<>();
        classes.forEach(name -> labels.put(name, labels.size()));
        List<Path> files = new ArrayList<>();
        List<Integer> found = new ArrayList<>();
        for (ManifestTable.Row row : rows) {
            Integer label = labels.get(row.label());
            if (label == null) {
                throw Unusable.because(table + ", line " + row.line() + ": the label " + row.label()
                        + " is not one of the training pictures; add pictures of this class to them.");
            }
            if (!Files.isRegularFile(row.file())) {
                throw Unusable.because(table + ", line " + row.line() + ": there is no file " + row.file()
                        + "; paths are relative to the folder of the table.");
            }
            files.add(row.file());
            found.add(label);
        }
        int[] lines = rows.stream().mapToInt(ManifestTable.Row::line).toArray();
        return new PictureFiles(
                classes, files, found, loadSide, index -> " (" + table.getFileName() + ", line " + lines[index] + ")");
    }
}
