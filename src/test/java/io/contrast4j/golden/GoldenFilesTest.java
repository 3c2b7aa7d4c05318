package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * No golden file lies there unread. The sources of the tests tell which kinds of files they look for: the calls of {@link
 * Goldens#find}. A file is read if it is of such a kind, if it is beside one and has the same name but for the ending, or if
 * one of them names it.
 */
class GoldenFilesTest {
    private static final Path SOURCES = Path.of("src/test/java");

    /** The family, unless that is a variable, and the glob. */
    private static final Pattern CALL =
            Pattern.compile("\\b(?:Goldens\\.find|found)\\(\\s*(?:\"(\\w+)\"|\\w+)\\s*,\\s*\"([^\"]+)\"");

    /** What is there to be looked at by people, or belongs to a data set that is read as a folder. */
    private static final Pattern NO_CASES = Pattern.compile(
            "([^/]+/)?README\\.md|cmc/manifest\\.json|cmc/colour/opencv_vs_skimage\\.json|selfcon/datasets/.*\\.(JPEG|jpe?g|txt)");

    private record Kind(String family, String glob) {
        boolean matches(Path file) {
            Path rest = file.subpath(1, file.getNameCount());
            return (family.isEmpty() || file.startsWith(family))
                    && FileSystems.getDefault().getPathMatcher("glob:" + glob).matches(rest);
        }
    }

    @Test
    void everyGoldenFileIsReadByATest() throws IOException {
        Path root = Goldens.bundled("");
        List<Path> files = filesBelow(root).stream().map(root::relativize).toList();
        List<Kind> kinds = kinds();
        List<Path> found = files.stream()
                .filter(file -> file.getNameCount() > 1)
                .filter(file -> kinds.stream().anyMatch(kind -> kind.matches(file)))
                .toList();
        List<String> stems = found.stream().map(GoldenFilesTest::stem).toList();
        List<String> texts = new ArrayList<>();
        for (Path file : found) {
            if (file.toString().endsWith(".json")) {
                texts.add(Files.readString(root.resolve(file)));
            }
        }
        List<Path> unread = files.stream()
                .filter(file -> !found.contains(file) && !stems.contains(stem(file)))
                .filter(file -> texts.stream().noneMatch(text -> text.contains("\"" + file.getFileName() + "\"")))
                .filter(file -> !NO_CASES.matcher(file.toString()).matches())
                .toList();
        assertThat(found).hasSizeGreaterThan(100);
        assertThat(unread).isEmpty();
    }

    private static List<Kind> kinds() throws IOException {
        List<Kind> kinds = new ArrayList<>();
        for (Path source : filesBelow(SOURCES)) {
            Matcher call = CALL.matcher(Files.readString(source));
            while (call.find()) {
                kinds.add(new Kind(call.group(1) == null ? "" : call.group(1), call.group(2)));
            }
        }
        return kinds;
    }

    private static List<Path> filesBelow(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    /** The path up to the first dot of the file's name: {@code a/b.zip.pth} is described by {@code a/b.json}. */
    private static String stem(Path file) {
        return file.resolveSibling(file.getFileName().toString().replaceFirst("\\..*", ""))
                .toString();
    }
}
