package io.contrast4j.prepare;

import io.contrast4j.data.ClassNames;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Some classes of an image folder as an image folder of its own, as ImageNet-100 is made out of ImageNet.
 *
 * <p>The source has the parts {@code train/} and {@code val/} (one of them is enough) with one folder per class, or the
 * class folders directly; the subset gets the same shape. It is made beside its place and moved there when it is
 * complete.
 */
public final class ClassSubset {
    /** Written into every subset, so that it can be told from other folders: the classes, one a line. */
    public static final String MARK = ".contrast4j-subset";

    private static final List<String> PARTS = List.of("train", "val", "test");

    private final Path source;
    private final Path target;
    private final ClassNames classes;
    private final Link link;

    /** How a class gets into the subset. */
    public enum Link {
        /** One symbolic link per class, with an absolute path. */
        SYMBOLIC,
        /** A folder with a hard link per file: takes no room, stays when the source goes. Same file system only. */
        HARD,
        /** A folder with copies of the files. */
        COPY
    }

    /**
     * What was made.
     *
     * @param parts their names; one empty name where the class folders are directly in the folder
     * @param classes in each part
     * @param files linked or copied; 0 for symbolic links
     */
    public record Made(List<String> parts, int classes, long files) {}

    private ClassSubset(Path source, Path target, ClassNames classes, Link link) {
        this.source = source;
        this.target = target;
        this.classes = classes;
        this.link = link;
    }

    /**
     * Makes a subset.
     *
     * @param force replaces a subset that is there. Nothing is ever deleted but symbolic links, and what this class made.
     * @param files is told how many files more have been linked or copied
     * @throws UserError if the source is not there or lacks classes, or if the target is in the way
     */
    public static Made make(
            Path source, Path target, ClassNames classes, Link link, boolean force, LongConsumer files) {
        try {
            if (!Files.isDirectory(source)) {
                throw usage("There is no folder " + source + "; name the image folder that has all classes.");
            }
            return new ClassSubset(source.toRealPath(), target, classes, link).make(force, files);
        } catch (IOException e) {
            throw new UserError(
                    UserError.FAILED, "Cannot make the subset " + target + " (" + Reasons.of(e) + advice(e, link), e);
        }
    }

    private static String advice(IOException e, Link link) {
        boolean acrossDisks =
                link == Link.HARD && e instanceof FileSystemException && !(e instanceof FileAlreadyExistsException);
        return acrossDisks
                ? "); hard links need both folders on one file system, and leave to make them: use --link symbolic or copy."
                : "); choose another folder, or mend this one.";
    }

    private Made make(boolean force, LongConsumer files) throws IOException {
        List<String> parts = parts(source);
        requireClasses(parts);
        requireApart(parts);
        boolean present = Files.exists(target, LinkOption.NOFOLLOW_LINKS);
        if (present && !force) {
            throw usage(target + " is there already; choose another folder, or replace it with --force.");
        }
        if (present) {
            removable(target);
        }
        Path absolute = target.toAbsolutePath().normalize();
        Files.createDirectories(absolute.getParent());
        Path temporary = absolute.resolveSibling("." + absolute.getFileName() + ".part");
        try {
            Folders.delete(temporary);
            long count = build(temporary, parts, files);
            if (present) {
                for (Path old : removable(target)) {
                    Folders.delete(old);
                }
                settle(temporary, target);
            } else {
                Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
            }
            return new Made(parts, classes.names().size(), count);
        } finally {
            Folders.deleteQuietly(temporary);
        }
    }

    /** The parts of an image folder; one empty name if it has class folders directly. */
    private static List<String> parts(Path folder) {
        List<String> parts = PARTS.stream()
                .filter(part -> Files.isDirectory(folder.resolve(part)))
                .toList();
        return parts.isEmpty() ? List.of("") : parts;
    }

    private void requireClasses(List<String> parts) {
        List<String> missing = new ArrayList<>();
        for (String part : parts) {
            List<String> here = classes.names().stream()
                    .filter(name -> !Files.isDirectory(source.resolve(part).resolve(name)))
                    .toList();
            if (!here.isEmpty()) {
                missing.add(String.join(", ", here) + " in " + source.resolve(part));
            }
        }
        if (!missing.isEmpty()) {
            throw usage("Classes of " + classes.origin() + " are missing: " + String.join("; ", missing)
                    + "; complete the source, or take them off the list.");
        }
    }

    private void requireApart(List<String> parts) throws IOException {
        Path parent = target.toAbsolutePath().normalize();
        while (!Files.exists(parent)) {
            parent = parent.getParent();
        }
        // What is not there yet is no link, so that the names may be appended to the real path.
        Path real = parent.toRealPath()
                .resolve(parent.relativize(target.toAbsolutePath().normalize()));
        if (source.startsWith(real)) {
            throw usage(target + " is the source itself, or holds it; choose another folder for the subset.");
        }
        for (String part : parts) {
            if (real.startsWith(source.resolve(part))) {
                throw usage(target + " would be a class of the source; choose a folder outside of "
                        + source.resolve(part) + ".");
            }
        }
    }

    private long build(Path folder, List<String> parts, LongConsumer files) throws IOException {
        long count = 0;
        for (String part : parts) {
            Path into = Files.createDirectories(folder.resolve(part));
            for (String name : classes.names()) {
                Path original = source.resolve(part).resolve(name);
                if (link == Link.SYMBOLIC) {
                    Files.createSymbolicLink(into.resolve(name), original);
                } else {
                    count += fill(into.resolve(name), original, files);
                }
            }
        }
        Files.write(folder.resolve(MARK), classes.names());
        return count;
    }

    private long fill(Path folder, Path original, LongConsumer files) throws IOException {
        long[] count = {0};
        Set<FileVisitOption> options = EnumSet.of(FileVisitOption.FOLLOW_LINKS);
        Files.walkFileTree(original, options, Integer.MAX_VALUE, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectories(folder.resolve(original.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path goal = folder.resolve(original.relativize(file));
                if (link == Link.HARD) {
                    Files.createLink(goal, file.toRealPath());
                } else {
                    Files.copy(file, goal);
                }
                count[0]++;
                files.accept(1);
                return FileVisitResult.CONTINUE;
            }
        });
        return count[0];
    }

    /**
     * What may be removed from a folder so that a subset can take its place.
     *
     * @throws UserError if there is something that may not
     */
    private static List<Path> removable(Path folder) throws IOException {
        if (Files.isSymbolicLink(folder) || !Files.isDirectory(folder)) {
            throw usage(
                    folder + " is not a folder; --force replaces subsets only: remove it, or choose another folder.");
        }
        Path mark = folder.resolve(MARK);
        Set<String> ours = Files.exists(mark) ? Set.copyOf(Files.readAllLines(mark)) : Set.of();
        List<Path> old = new ArrayList<>();
        for (String part : parts(folder)) {
            for (Path entry : list(folder.resolve(part))) {
                boolean inTheWay = Files.isDirectory(entry);
                if (Files.isSymbolicLink(entry)
                        || ours.contains(entry.getFileName().toString())) {
                    old.add(entry);
                } else if (inTheWay) {
                    throw usage("The folder " + entry + " was not made by this command, and --force replaces subsets"
                            + " only; remove it, or choose another folder.");
                }
            }
        }
        return old;
    }

    private static void settle(Path temporary, Path target) throws IOException {
        for (Path entry : list(temporary)) {
            Path goal = target.resolve(entry.getFileName());
            if (Files.isDirectory(entry) && Files.isDirectory(goal)) {
                for (Path inner : list(entry)) {
                    Files.move(inner, goal.resolve(inner.getFileName()), StandardCopyOption.ATOMIC_MOVE);
                }
            } else {
                Files.move(entry, goal, StandardCopyOption.ATOMIC_MOVE);
            }
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        }
    }

    private static UserError usage(String message) {
        return new UserError(UserError.USAGE, message);
    }
}
