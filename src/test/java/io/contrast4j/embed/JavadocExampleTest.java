package io.contrast4j.embed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example in the Javadoc of {@link Embedder} compiles and does what it seems to. */
class JavadocExampleTest {
    @TempDir
    Path folder;

    @Test
    void theExampleRuns() throws Exception {
        Path home = Path.of(System.getProperty("contrast4j.home", "."));
        String source = Files.readString(home.resolve("src/main/java/io/contrast4j/embed/Embedder.java"));
        String example = source.substring(
                        source.indexOf("<pre>{@code") + "<pre>{@code".length(), source.indexOf(" * }</pre>"))
                .lines()
                .map(line -> line.replaceFirst("^ \\* ?", ""))
                .collect(Collectors.joining("\n"));
        Path file = Files.writeString(
                folder.resolve("Example.java"),
                "import io.contrast4j.embed.*;\nimport java.nio.file.*;\nimport java.util.*;\n"
                        + "public class Example {\n    public static void main(String[] args) {\n"
                        + "        String model = args[0];\n        String folder = args[1];\n" + example
                        + "\n    }\n}\n");
        Path model = Models.tiny(folder.resolve("tiny.pth"));
        Path photos = folder.resolve("photos");
        Models.photographs(photos);
        Files.move(photos.resolve("astronaut.jpg"), photos.resolve("a.jpg"));
        Files.move(photos.resolve("chelsea.jpg"), photos.resolve("b.jpg"));

        PrintStream out = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            Compiled.load(file, "Example", folder.resolve("classes"))
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) new String[] {model.toString(), photos.toString()});
        } finally {
            System.setOut(out);
        }
        assertThat(printed.toString(StandardCharsets.UTF_8).lines())
                .hasSize(3)
                .first()
                .isEqualTo("2 pictures, 256 numbers each");
        assertThat(printed.toString(StandardCharsets.UTF_8)).contains("picture 0: similarity 1.000");
    }
}
