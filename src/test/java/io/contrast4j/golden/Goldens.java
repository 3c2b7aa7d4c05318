package io.contrast4j.golden;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Objects;
import java.util.stream.Stream;

/** Finds golden files. */
public final class Goldens {
    private Goldens() {}

    /** The folder of the families: the system property {@code contrast4j.goldens}, or the one on the class path. */
    public static Path root() {
        String given = System.getProperty("contrast4j.goldens", "");
        if (!given.isBlank()) {
            return Path.of(given);
        }
        try {
            URL folder = Objects.requireNonNull(Goldens.class.getResource("/goldens"));
            return Path.of(folder.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * The files of a family that match, sorted; none if there is no such family.
     *
     * @param glob relative to the folder of the family
     */
    public static Stream<Path> find(String family, String glob) {
        Path folder = root().resolve(family);
        if (!Files.isDirectory(folder)) {
            return Stream.empty();
        }
        PathMatcher matcher = folder.getFileSystem().getPathMatcher("glob:" + glob);
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> matcher.matches(folder.relativize(file))).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Parses a JSON object. */
    public static JsonObject json(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
