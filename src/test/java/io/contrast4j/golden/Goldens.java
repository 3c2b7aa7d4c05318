package io.contrast4j.golden;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Where the golden files are: numbers that the published implementations produced, one folder for each family. The
 * system property {@code contrast4j.goldens} names another directory of the same layout; its cases then run instead.
 */
public final class Goldens {
    private Goldens() {}

    public static Path root() {
        String chosen = System.getProperty("contrast4j.goldens", "");
        return chosen.isBlank() ? bundled("") : Path.of(chosen);
    }

    /** A file that comes with the project, whatever directory is chosen: for tests of one file. */
    public static Path bundled(String name) {
        try {
            return Path.of(Goldens.class.getResource("/goldens").toURI()).resolve(name);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * The files of a kind, sorted; a family without one skips the calling test visibly.
     *
     * @param glob relative to the family's folder, as {@code nce/cmc_*.json}
     */
    public static Stream<Path> find(String family, String glob) {
        Path folder = root().resolve(family);
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
        List<Path> found = List.of();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                found = files.filter(file -> matcher.matches(folder.relativize(file)))
                        .sorted()
                        .toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        assumeTrue(!found.isEmpty(), "no golden files " + family + "/" + glob + " in " + root());
        return found.stream();
    }

    public static JsonObject json(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file of the same name with another ending. */
    public static Path sibling(Path file, String ending) {
        String name = file.getFileName().toString();
        return file.resolveSibling(name.substring(0, name.lastIndexOf('.')) + ending);
    }

    public static double[] doubles(JsonArray array) {
        return stream(array).mapToDouble(JsonElement::getAsDouble).toArray();
    }

    public static long[] longs(JsonArray array) {
        return stream(array).mapToLong(JsonElement::getAsLong).toArray();
    }

    public static Stream<JsonElement> stream(JsonArray array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
