package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
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

    /** A process that is asked to end has its time to save, and who is lost does not take the others along before that. */
    @Test
    void whatEndsProcessesLeavesThemTheTimeToSave() throws IOException {
        long grace = number("src/main/resources/reference.conf", "shutdown-grace = (\\d+)s");
        assertThat(number("tools/launch/pytorchjob.yaml", "terminationGracePeriodSeconds: (\\d+)"))
                .isGreaterThanOrEqualTo(grace + 30);
        assertThat(number("tools/launch/slurm.sbatch", "--signal=TERM@(\\d+)")).isGreaterThanOrEqualTo(grace + 30);
        assertThat(number("tools/launch/slurm.sbatch", " --wait=(\\d+)")).isGreaterThanOrEqualTo(grace + 30);
        assertThat(number("tools/launch/slurm.sbatch", " --kill-on-bad-exit=(\\d+)"))
                .isZero();
    }

    /** A pod starts what the image starts: there is no source tree in it. */
    @Test
    void podsStartTheProgramOfTheImage() throws IOException {
        assertThat(text("tools/launch/pytorchjob.yaml", "command: (.*)"))
                .isEqualTo(text("Dockerfile", "ENTRYPOINT (.*)"));
    }

    private static long number(String file, String pattern) throws IOException {
        return Long.parseLong(text(file, pattern));
    }

    private static String text(String file, String pattern) throws IOException {
        Matcher found = Pattern.compile(pattern).matcher(Files.readString(Launcher.HOME.resolve(file)));
        assertThat(found.find()).as(pattern + " in " + file).isTrue();
        return found.group(1);
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
