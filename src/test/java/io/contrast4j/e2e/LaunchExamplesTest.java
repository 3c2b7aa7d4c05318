package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The scripts that users copy to their cluster. */
class LaunchExamplesTest {
    /** Every script of the folder is read by the shell, and by shellcheck where there is one. */
    @TestFactory
    Stream<DynamicTest> scriptsAreScripts() throws IOException {
        List<Path> scripts;
        try (Stream<Path> files = Files.list(Launcher.HOME.resolve("tools/launch"))) {
            scripts = files.filter(file -> !file.toString().endsWith(".yaml")).toList();
        }
        assertThat(scripts).isNotEmpty();
        Stream<DynamicTest> parsed = scripts.stream()
                .map(script ->
                        DynamicTest.dynamicTest("bash -n " + script.getFileName(), () -> run("bash", "-n", script)));
        boolean isCheckable = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "shellcheck")));
        Stream<DynamicTest> checked = scripts.stream()
                .filter(script -> isCheckable)
                .map(script -> DynamicTest.dynamicTest(
                        "shellcheck " + script.getFileName(), () -> run("shellcheck", "--shell=bash", script)));
        return Stream.concat(parsed, checked);
    }

    private static void run(String program, String option, Path script) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(program, option, script.toString())
                .redirectErrorStream(true)
                .start();
        String printed = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(printed).isZero();
    }
}
