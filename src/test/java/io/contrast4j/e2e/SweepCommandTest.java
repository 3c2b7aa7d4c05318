package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sweep of four small runs that is killed and interrupted, and goes on. Each run is a process: half a minute in all. */
@Tag("slow")
class SweepCommandTest {
    private static final List<String> NAMES = List.of(
            "learning-rate-0.03_count-8",
            "learning-rate-0.03_count-16",
            "learning-rate-0.1_count-8",
            "learning-rate-0.1_count-16");

    @TempDir
    Path folder;

    private Path out() {
        return folder.resolve("runs/small");
    }

    private Path sweep() throws IOException {
        return Files.writeString(folder.resolve("small.conf"), """
                train.epochs = 3
                report.pictures = 0
                sweep {
                  base = "%s"
                  grid { optimizer.learning-rate = [0.03, 0.1]
                         negatives.count = [8, 16] }
                }
                """.formatted(Launcher.conf("tiny.conf")));
    }

    private RunFiles run(int number) {
        return RunFiles.only(out(), NAMES.get(number));
    }

    @Test
    void killedAndInterruptedItGoesOnAndRepeatsNothing() throws IOException {
        Launcher launcher = new Launcher(folder);
        String file = sweep().toString();
        Launcher.Started started = launcher.start("sweep", file);
        assertThat(started.until(() -> RunFiles.all(out(), NAMES.get(1)).stream()
                        .anyMatch(run -> run.checkpoints().size() > 1)))
                .isTrue();
        assertThat(started.kill().exitCode()).isEqualTo(137);
        String first = run(0).json().toString();
        assertThat(run(0).json().get("status").getAsString()).isEqualTo("complete");

        // The process that was left saves its state first, and is waited for.
        started = launcher.start("sweep", file);
        assertThat(started.until(() -> RunFiles.all(out(), NAMES.get(2)).stream()
                        .anyMatch(run -> run.lines().size() > 1)))
                .isTrue();
        Launcher.Result interrupted = started.signal("INT");
        assertThat(interrupted.exitCode()).isEqualTo(130);
        assertThat(interrupted.err())
                .contains(
                        "[1/4] " + NAMES.get(0) + ": complete",
                        "[2/4] " + NAMES.get(1) + ": goes on",
                        "(resumed, from step",
                        "interrupted: 2 complete, 0 failed, 1 unfinished, 1 new; the same command goes on");
        Launcher.Result listed = launcher.run("sweep", file, "--list").succeeded();
        assertThat(listed.out()).contains("2 complete, 0 failed, 1 unfinished, 1 new");

        Launcher.Result last = launcher.run("sweep", file).succeeded();
        assertThat(last.out()).contains("report: " + Path.of("runs/small/report.html"));
        assertThat(run(0).json().toString())
                .as("the first was not touched again")
                .isEqualTo(first);
        String page = Files.readString(out().resolve("report.html"));
        List<String> table = Files.readAllLines(out().resolve("summary.csv"));
        assertThat(table).hasSize(5);
        for (int i = 0; i < NAMES.size(); i++) {
            String name = NAMES.get(i);
            assertThat(run(i).json().get("status").getAsString()).isEqualTo("complete");
            assertThat(page).contains('"' + name + '"');
            assertThat(table).anyMatch(line -> line.startsWith(name + ",complete,"));
        }
        assertThat(launcher.run("sweep", file).succeeded().err()).contains("[4/4] " + NAMES.get(3) + ": complete");
        launcher.run("sweep", file, "train.epochs=4").failed(2, "differs in train.epochs");
    }

    @Test
    void aRunThatFailsIsNotTheEndAndIsTriedAgainWhenAsked() throws IOException {
        Path file = Files.writeString(folder.resolve("half.conf"), """
                train.epochs = 1
                report.pictures = 0
                sweep {
                  base = "%s"
                  runs = [{ name = too-large, train.batch-size = 1000 }, { name = small, train.batch-size = 8 }]
                }
                """.formatted(Launcher.conf("tiny.conf")));
        Launcher launcher = new Launcher(folder);
        Launcher.Result half = launcher.run("sweep", file.toString());
        assertThat(half.exitCode()).isEqualTo(1);
        assertThat(half.out()).contains("small", "complete");
        assertThat(half.err())
                .contains("failed: too-large: train.batch-size = 1000 is more than the 84 training pictures");
        Launcher.Result again = launcher.run("sweep", file.toString());
        assertThat(again.exitCode()).isEqualTo(1);
        assertThat(again.err()).contains("[1/2] too-large: failed before; --retry-failed tries it again");
        Launcher.Result retried = launcher.run("sweep", file.toString(), "--retry-failed");
        assertThat(retried.exitCode()).isEqualTo(1);
        assertThat(retried.err()).doesNotContain("failed before").contains("[2/2] small: complete");
    }
}
