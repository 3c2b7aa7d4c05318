package io.contrast4j.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The names of class folders in the order of their labels: a text with one name on each line, or with all of them on one
 * line, divided by blanks.
 */
public final class ClassList {
    /**
     * The 100 classes of ImageNet that Tian, Krishnan and Isola chose ("Contrastive multiview coding", ECCV 2020) and
     * others have used since, in their order.
     */
    public static final String IMAGENET_100 = "imagenet-100";

    private ClassList() {}

    /** Whether this names a list: the one that comes with this library, or a file that is there. */
    public static boolean isThere(String name) {
        try {
            return name.equals(IMAGENET_100) || Files.isRegularFile(Path.of(name));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /**
     * Reads a list.
     *
     * @param name a file, or {@link #IMAGENET_100}
     * @throws io.contrast4j.spec.UserError if it cannot be read, is empty, or names a class twice
     */
    public static List<String> read(String name) {
        StoredBytes text = name.equals(IMAGENET_100) ? resource() : DataFiles.map(Path.of(name));
        List<String> lines = DataFiles.lines(text, name);
        List<String> classes = lines.size() == 1 ? List.of(lines.get(0).split("\\s+")) : lines;
        if (classes.isEmpty()) {
            throw Unusable.because("The class list " + name + " is empty; it must name one class folder a line.");
        }
        Set<String> seen = new HashSet<>();
        for (String each : classes) {
            if (!seen.add(each)) {
                throw Unusable.because("The class list " + name + " names " + each + " twice; remove one of the two.");
            }
        }
        return classes;
    }

    private static StoredBytes resource() {
        try (InputStream in = Objects.requireNonNull(ClassList.class.getResourceAsStream(IMAGENET_100 + ".txt"))) {
            return StoredBytes.of(ByteBuffer.wrap(in.readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
