package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** A Python with torch: the system property {@code contrast4j.python} names it ({@code python3}). */
public final class Python {
    private Python() {}

    /**
     * Runs a script; skips the calling test where Python or a package is missing.
     *
     * @param script among the test resources, in the folder interop; it exits with 2 where a package is missing
     * @param folder for what it prints
     * @return what it printed
     */
    public static String run(String script, Path folder, String... arguments) throws IOException, InterruptedException {
        String interpreter = System.getProperty("contrast4j.python", "");
        List<String> command = new ArrayList<>();
        command.add(interpreter.isBlank() ? "python3" : interpreter);
        command.add(Objects.requireNonNull(Python.class.getResource("/interop/" + script))
                .getPath());
        command.addAll(List.of(arguments));
        Path out = folder.resolve("out.txt");
        Path err = folder.resolve("err.txt");
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
        } catch (IOException absent) {
            assumeTrue(false, "no Python here: " + absent.getMessage());
            throw absent;
        }
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("Python ends").isTrue();
        assumeTrue(process.exitValue() != 2, () -> "Python lacks a package: " + text(err));
        assertThat(process.exitValue()).as(text(err)).isZero();
        return Files.readString(out);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
