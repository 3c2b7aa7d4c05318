package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/extending.md quotes is in the examples, and what it says to change gives types that train. */
class ExtendingTest {
    private static final Pattern QUOTE = Pattern.compile("<!-- (src/\\S+) -->\n```java\n(.*?)```\n", Pattern.DOTALL);
    private static final Pattern CHANGE = Pattern.compile("```diff\n--- (src/\\S+)\n(.*?)```\n", Pattern.DOTALL);

    @TempDir
    Path folder;

    /** @param file from the root of the project, where the example has been moved */
    private record Change(String file, String before, String after) {
        static Change of(String file, String lines) {
            return new Change(file, side(lines, '-'), side(lines, '+'));
        }

        private static String side(String lines, char own) {
            return lines.lines()
                    .filter(line -> line.charAt(0) == ' ' || line.charAt(0) == own)
                    .map(line -> line.substring(1) + "\n")
                    .collect(Collectors.joining());
        }

        /** The file as it is: an example has not been moved yet. */
        String original() throws IOException {
            Path there = Launcher.HOME.resolve(file);
            return Files.readString(
                    Files.exists(there) ? there : Launcher.HOME.resolve(file.replace("src/main/", "src/test/")));
        }
    }

    private static String page() throws IOException {
        return Files.readString(Launcher.HOME.resolve("docs/extending.md"));
    }

    private static List<Change> changes() throws IOException {
        List<Change> changes = new ArrayList<>();
        Matcher matcher = CHANGE.matcher(page());
        while (matcher.find()) {
            changes.add(Change.of(matcher.group(1), matcher.group(2)));
        }
        return changes;
    }

    @Test
    void whatIsQuotedIsInTheExamples() throws IOException {
        Matcher quote = QUOTE.matcher(page());
        int quotes = 0;
        for (; quote.find(); quotes++) {
            assertThat(Files.readString(Launcher.HOME.resolve(quote.group(1))))
                    .as("%s, quote %d", quote.group(1), quotes + 1)
                    .contains(quote.group(2));
        }
        assertThat(quotes).isEqualTo(4);
    }

    @Test
    void everyChangeHasItsPlace() throws IOException {
        List<Change> changes = changes();
        assertThat(changes).hasSize(8);
        for (Change change : changes) {
            assertThat(change.original().split(Pattern.quote(change.before()), -1))
                    .as("%s has once: %s", change.file(), change.before())
                    .hasSize(2);
        }
    }

    @Test
    @Tag("slow")
    void theChangesGiveTypesThatTrain() throws IOException {
        Map<String, String> changed = new LinkedHashMap<>();
        for (Change change : changes()) {
            String content = changed.containsKey(change.file()) ? changed.get(change.file()) : change.original();
            changed.put(change.file(), content.replace(change.before(), change.after()));
        }
        List<Path> sources = new ArrayList<>();
        Path classes = Files.createDirectories(folder.resolve("classes"));
        for (Map.Entry<String, String> file : changed.entrySet()) {
            if (file.getKey().endsWith(".java")) {
                Path source = folder.resolve(file.getKey());
                Files.createDirectories(source.getParent());
                sources.add(Files.writeString(source, file.getValue()));
            } else {
                Files.writeString(
                        classes.resolve(Path.of(file.getKey()).getFileName().toString()), file.getValue());
            }
        }
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        compile(sources, classPath, classes);
        frames("train.frames", 32);
        frames("test.frames", 8);
        Files.writeString(folder.resolve("classes.txt"), "dark\nbright\n");
        Path conf = Files.writeString(folder.resolve("recipe.conf"), """
                name = recipe
                data { type = frames, path = ., side = 16 }
                views = ${recipes.moco-v2} { size = 16, evaluation { resize = 16, size = 16 } }
                encoder { type = three-convolutions, width = 4, feature-dim = 8 }
                method { type = nearest-neighbours }
                store { type = queue, size = 24 }
                negatives { type = in-batch }
                objective { type = infonce, temperature = 0.1 }
                train { epochs = 2, batch-size = 8 }
                eval.knn.k = 4
                """);

        Launcher.Result result = new Launcher(folder)
                .run(Launcher.quiet(new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        classes + System.getProperty("path.separator") + classPath,
                        "io.contrast4j.cli.Main",
                        "train",
                        conf.toString())));

        result.succeeded();
        assertThat(result.err()).contains("32 training pictures, 8 test pictures, 2 classes");
        assertThat(result.out()).contains("trained");
    }

    private static void compile(List<Path> sources, String classPath, Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            boolean done = compiler.getTask(
                            said,
                            files,
                            null,
                            List.of("-d", classes.toString(), "-cp", classPath, "-proc:none", "--release", "17"),
                            null,
                            files.getJavaFileObjectsFromPaths(sources))
                    .call();
            assertThat(done).as(said.toString()).isTrue();
        }
    }

    /** Noise, darker in the first class. */
    private void frames(String name, int count) throws IOException {
        Random random = new Random(count);
        byte[] content = new byte[count * (1 + 16 * 16)];
        for (int frame = 0; frame < count; frame++) {
            int start = frame * (1 + 16 * 16);
            content[start] = (byte) (frame % 2);
            for (int pixel = 1; pixel <= 16 * 16; pixel++) {
                content[start + pixel] = (byte) (random.nextInt(128) + 127 * (frame % 2));
            }
        }
        Files.write(folder.resolve(name), content);
    }
}
