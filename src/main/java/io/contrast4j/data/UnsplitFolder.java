package io.contrast4j.data;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.csv.CSVPrinter;

/**
 * Pictures that nobody has divided into some to learn from and some to test on. Where all of them lie in folders beside each
 * other these are the classes; elsewhere there is one class, which stands for none. Files and folders whose names begin with a
 * dot, and {@code __MACOSX}, are passed over.
 */
public final class UnsplitFolder implements Dataset {
    private static final String MAC_FORKS = "__MACOSX";

    /** Of ten pictures of a class one is tested on. */
    private static final int ONE_OF = 10;

    private final Path folder;
    private final PictureFiles pictures;

    private UnsplitFolder(Path folder, PictureFiles pictures) {
        this.folder = folder;
        this.pictures = pictures;
    }

    /**
     * Which pictures are for what, in the order of the folder.
     *
     * @param train indices
     * @param test indices
     */
    public record Split(int[] train, int[] test) {}

    /**
     * Lists a folder.
     *
     * @throws UserError if there is no such folder, or no picture in it
     */
    public static UnsplitFolder open(Path folder) {
        List<Path> files = PictureFolder.files(folder).stream()
                .filter(file -> isShown(folder.relativize(file)))
                .toList();
        if (files.isEmpty()) {
            throw Unusable.because("The folder " + folder + " has hidden pictures only; check the path.");
        }
        Path root = common(folder, files);
        TreeMap<String, List<Path>> byClass = new TreeMap<>(FolderListing.BY_CODE_POINT);
        for (Path file : files) {
            Path below = root.relativize(file);
            byClass.computeIfAbsent(
                            below.getNameCount() > 1 ? below.getName(0).toString() : "", name -> new ArrayList<>())
                    .add(file);
        }
        boolean areClasses = byClass.size() > 1
                && !byClass.containsKey("")
                && byClass.values().stream().anyMatch(some -> some.size() > 1);
        Path name = Objects.requireNonNullElse(root.toAbsolutePath().normalize().getFileName(), Path.of("pictures"));
        List<String> classes = areClasses ? names(byClass) : List.of(name.toString());
        List<Path> ordered = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (List<Path> some : byClass.values()) {
            labels.addAll(Collections.nCopies(some.size(), areClasses ? Math.toIntExact(distinct(labels)) : 0));
            ordered.addAll(some);
        }
        return new UnsplitFolder(root, new PictureFiles(classes, ordered, labels, Optional.empty()));
    }

    private static long distinct(List<Integer> labels) {
        return labels.isEmpty() ? 0 : labels.get(labels.size() - 1) + 1;
    }

    /** A table whose labels are all whole numbers would have classes for all numbers between them, too. */
    private static List<String> names(TreeMap<String, List<Path>> byClass) {
        boolean areNumbers = byClass.keySet().stream().allMatch(name -> name.matches("\\d+"));
        return byClass.keySet().stream()
                .map(name -> areNumbers ? "class " + name : name)
                .toList();
    }

    private static boolean isShown(Path file) {
        for (Path name : file) {
            if (name.toString().startsWith(".") || name.toString().equals(MAC_FORKS)) {
                return false;
            }
        }
        return true;
    }

    /** The deepest folder that all files are in. */
    private static Path common(Path folder, List<Path> files) {
        Path root = Objects.requireNonNullElse(files.get(0).getParent(), folder);
        for (Path file : files) {
            while (!file.startsWith(root) && !root.equals(folder)) {
                root = Objects.requireNonNullElse(root.getParent(), folder);
            }
        }
        return root;
    }

    /** Every tenth picture of a class for testing, at least one of each class that has two. */
    public Split split() {
        int[] counts = new int[classes().size()];
        for (int index = 0; index < size(); index++) {
            counts[label(index)]++;
        }
        List<Integer> train = new ArrayList<>();
        List<Integer> test = new ArrayList<>();
        int[] seen = new int[counts.length];
        for (int index = 0; index < size(); index++) {
            int label = label(index);
            int place = seen[label]++;
            // The last of each ten; of fewer, the last of all.
            boolean isTested = counts[label] < ONE_OF
                    ? counts[label] > 1 && place == counts[label] - 1
                    : place % ONE_OF == ONE_OF - 1;
            (isTested ? test : train).add(index);
        }
        return new Split(indices(train), indices(test));
    }

    private static int[] indices(List<Integer> list) {
        return list.stream().mapToInt(index -> index).toArray();
    }

    /**
     * Writes a table of some of the pictures that a {@link Manifest} reads, with the columns path and label.
     *
     * @throws UserError if it cannot be written
     */
    public void writeTable(Path table, int[] indices) {
        try (Writer writer = Files.newBufferedWriter(table, StandardCharsets.UTF_8);
                CSVPrinter printer = new CSVPrinter(writer, ManifestTable.COMMAS)) {
            printer.printRecord("path", "label");
            for (int index : indices) {
                printer.printRecord(
                        file(index).toAbsolutePath().normalize(), classes().get(label(index)));
            }
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "Cannot write " + table + " (" + Reasons.of(failed) + "); choose another place.",
                    failed);
        }
    }

    /** The folder that holds the classes, or the pictures. */
    public Path folder() {
        return folder;
    }

    /** The file of a sample. */
    public Path file(int index) {
        return pictures.file(index);
    }

    @Override
    public int size() {
        return pictures.size();
    }

    @Override
    public List<String> classes() {
        return pictures.classes();
    }

    @Override
    public int label(int index) {
        return pictures.label(index);
    }

    @Override
    public Sample read(int index) throws IOException {
        return pictures.read(index);
    }

    @Override
    public String describe(int index) {
        return pictures.describe(index);
    }
}
