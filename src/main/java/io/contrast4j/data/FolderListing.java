package io.contrast4j.data;

import io.contrast4j.image.Decoder;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What is in the folders of an {@link ImageFolder}. */
final class FolderListing {
    /** By code points, as Python sorts; {@link String#compareTo} has another order beyond U+FFFF. */
    static final Comparator<String> BY_CODE_POINT = (a, b) -> {
        int same = 0;
        while (same < a.length() && same < b.length() && a.charAt(same) == b.charAt(same)) {
            same++;
        }
        if (same == a.length() || same == b.length()) {
            return Integer.compare(a.length(), b.length());
        }
        boolean surrogates = Character.isSurrogate(a.charAt(same)) != Character.isSurrogate(b.charAt(same));
        int order = Character.compare(a.charAt(same), b.charAt(same));
        return !surrogates ? order : Character.isSurrogate(a.charAt(same)) ? 1 : -1;
    };

    /**
     * The paths themselves last, and never made of texts again: a name that the locale has no characters for is a text with
     * replacements, by which the file is not found.
     */
    private static final Comparator<Path> BY_PATH =
            Comparator.comparing(Path::toString, BY_CODE_POINT).thenComparing(Comparator.naturalOrder());

    private FolderListing() {}

    /** The names of the class folders, sorted. */
    static List<String> classes(Path folder) {
        if (!Files.exists(folder)) {
            throw Unusable.because("There is no folder " + folder + "; check the path of the data set.");
        }
        if (!Files.isDirectory(folder)) {
            throw Unusable.because(
                    folder + " is not a folder; the data set is a folder with one sub-folder per class.");
        }
        List<String> classes;
        try (Stream<Path> entries = Files.list(folder)) {
            classes = entries.filter(Files::isDirectory)
                    .map(entry -> entry.getFileName().toString())
                    .sorted(BY_CODE_POINT)
                    .toList();
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
        if (classes.isEmpty()) {
            throw Unusable.because("The folder " + folder + " has no sub-folders; there must be one per class.");
        }
        return classes;
    }

    /** The pictures in a class folder and below, folder by folder; there must be some. */
    static List<Path> pictures(Path folder) {
        return some(folder, find(folder, file -> true), "");
    }

    /**
     * The pictures whose place in a class folder matches a glob; there must be some.
     *
     * @param glob as {@code *.JPEG} for those directly in the folder
     */
    static List<Path> pictures(Path folder, String glob) {
        return some(folder, picturesIfAny(folder, glob), " that match " + glob);
    }

    /** {@link #pictures(Path, String)}, of which there may be none, and no folder either. */
    static List<Path> picturesIfAny(Path folder, String glob) {
        PathMatcher matcher = folder.getFileSystem().getPathMatcher("glob:" + glob);
        return Files.isDirectory(folder) ? find(folder, file -> matcher.matches(folder.relativize(file))) : List.of();
    }

    private static List<Path> some(Path folder, List<Path> found, String restriction) {
        if (found.isEmpty()) {
            throw Unusable.because("The class folder " + folder + " has no pictures" + restriction + " ("
                    + String.join(", ", new TreeSet<>(Decoder.ENDINGS)) + "); add some or remove it.");
        }
        return found;
    }

    /** The picture files below a folder that are wanted, folder by folder. */
    private static List<Path> find(Path folder, Predicate<Path> wanted) {
        TreeMap<String, List<Path>> byFolder = new TreeMap<>(BY_CODE_POINT);
        walk(folder, file -> {
            if (Decoder.isNamedAsPicture(file) && wanted.test(file)) {
                byFolder.computeIfAbsent(file.getParent().toString(), parent -> new ArrayList<>())
                        .add(file);
            }
        });
        return byFolder.values().stream()
                .flatMap(files -> files.stream().sorted(BY_PATH))
                .toList();
    }

    /** All files below a folder with an ending, in the order of their paths as texts. */
    static List<Path> byPath(Path folder, String ending) {
        List<Path> found = new ArrayList<>();
        walk(folder, file -> {
            if (file.toString().endsWith(ending)) {
                found.add(file);
            }
        });
        return found.stream().sorted(BY_PATH).toList();
    }

    private static void walk(Path folder, Consumer<Path> visitor) {
        try {
            Files.walkFileTree(
                    folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                            visitor.accept(file);
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (FileSystemLoopException e) {
            throw Unusable.because("The link " + e.getMessage() + " leads back to a folder above it; remove it.");
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    private static UserError unreadable(Path folder, IOException e) {
        return new UserError(
                UserError.USAGE,
                "Cannot list the folder " + folder + " (" + Reasons.of(e) + "); check its permissions.",
                e);
    }
}
