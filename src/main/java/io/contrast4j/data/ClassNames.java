package io.contrast4j.data;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A list of classes, by the names of their folders.
 *
 * @param names each once, in the order of the list
 * @param origin what a message calls the list
 */
public record ClassNames(List<String> names, String origin) {
    /**
     * The 100 classes of ImageNet that Tian, Krishnan and Isola chose ("Contrastive multiview coding", ECCV 2020) and
     * others have used since, in their order.
     */
    public static final String IMAGENET_100 = "imagenet-100";

    /**
     * Reads a list.
     *
     * @param list {@link #IMAGENET_100}, or a file with a class on each line, or with all on one line with blanks between
     *     them; blank lines and lines that begin with {@code #} are passed over
     * @throws UserError if there is no such file, or if a line cannot be the name of a folder or comes twice
     */
    public static ClassNames read(String list) {
        if (list.equals(IMAGENET_100)) {
            return new ClassNames(builtIn(IMAGENET_100), IMAGENET_100);
        }
        try {
            return new ClassNames(parse(Files.readString(Path.of(list)), list), list);
        } catch (CharacterCodingException e) {
            throw new UserError(UserError.USAGE, list + " is not a text in UTF-8; give a class on each line.", e);
        } catch (IOException e) {
            throw new UserError(
                    UserError.USAGE,
                    "Cannot read the list of classes " + list + " (" + Reasons.of(e) + "); give a file, or "
                            + IMAGENET_100 + ".",
                    e);
        }
    }

    /** Whether this names a list: the one that comes with this library, or a file that is there. */
    static boolean isThere(String list) {
        try {
            return list.equals(IMAGENET_100) || Files.isRegularFile(Path.of(list));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private static List<String> builtIn(String name) {
        String resource = name + ".txt";
        try (InputStream in = Objects.requireNonNull(ClassNames.class.getResourceAsStream(resource), resource)) {
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> parse(String text, String origin) {
        Set<String> names = new LinkedHashSet<>();
        List<String> wrong = new ArrayList<>();
        List<String> lines = text.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();
        (lines.size() == 1 ? List.of(lines.get(0).split("\\s+")) : lines).forEach(name -> {
            if (name.contains("/") || name.contains("\\") || name.equals(".") || name.equals("..")) {
                wrong.add(name + " is not the name of a folder");
            } else if (!names.add(name)) {
                wrong.add(name + " is there twice");
            }
        });
        if (!wrong.isEmpty()) {
            throw new UserError(
                    UserError.USAGE, "Mend the list of classes " + origin + ": " + String.join("; ", wrong) + ".");
        }
        if (names.isEmpty()) {
            throw new UserError(UserError.USAGE, origin + " names no class; give one on each line.");
        }
        return List.copyOf(names);
    }
}
