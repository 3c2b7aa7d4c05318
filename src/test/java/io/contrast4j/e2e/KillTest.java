package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that is killed with SIGKILL again and again, at moments that are drawn at random, ends with the same bits. The moments
 * are told by the steps that it has gone on, so that on every machine it is killed in its middle.
 */
class KillTest {
    private static final int KILLS = 20;
    private static final String[] RUN = {
        "train",
        Launcher.conf("tiny.conf").toString(),
        "--resume",
        "auto",
        "train { epochs = 8, batch-size = 8 }",
        "data.size=24",
        "views.size=16",
        "encoder.depth=18",
        "checkpoint { every-steps = 1, keep-last = 2, keep-best = 1 }",
        "report.pictures=0",
        "metrics.prometheus.port=0"
    };

    @TempDir
    Path folder;

    private static String[] run(String out) {
        List<String> arguments = new ArrayList<>(List.of(RUN));
        arguments.add("out=" + out);
        return arguments.toArray(String[]::new);
    }

    @Test
    void killedTwentyTimesItGoesOnToTheSameBits() throws InterruptedException {
        Launcher launcher = new Launcher(folder);
        launcher.run(run("whole")).succeeded();
        RunFiles whole = RunFiles.only(folder.resolve("whole"), "tiny");

        Random random = new Random(20);
        Path out = folder.resolve("killed");
        List<Integer> reached = new ArrayList<>();
        for (int kill = 0; kill < KILLS; kill++) {
            Launcher.Started started = launcher.start(run("killed"));
            int before = lines(out);
            // One in four ends while it starts, the others soon after they have gone on: at most 15 times 4 of 80
            // steps.
            if (kill % 4 == 3) {
                TimeUnit.MILLISECONDS.sleep(random.nextInt(1500));
            } else {
                int more = random.nextInt(3);
                started.until(() -> lines(out) > before + more);
                TimeUnit.MICROSECONDS.sleep(random.nextInt(10_000));
            }
            Launcher.Result killed = started.kill();
            assertThat(killed.exitCode()).as(() -> killed.out() + killed.err()).isEqualTo(137);
            assertThat(killed.err()).doesNotContain("damaged", "Exception");
            reached.add(lines(out));
        }

        assertThat(launcher.run(run("killed")).succeeded().err()).contains("resumed, from step");
        RunFiles killed = RunFiles.only(out, "tiny");
        assertThat(reached.stream()
                        .filter(lines -> lines > 0 && lines < whole.lines().size()))
                .as("kills in the middle of the training, by the lines that were written: %s", reached)
                .hasSizeGreaterThan(KILLS / 2);
        assertThat(killed.timelessMetrics()).isEqualTo(whole.timelessMetrics());
        assertThat(Curves.of(killed.path().resolve("tb")).timeless())
                .isEqualTo(Curves.of(whole.path().resolve("tb")).timeless());
        assertThat(RunFiles.content(killed.latestCheckpoint())).isEqualTo(RunFiles.content(whole.latestCheckpoint()));
        assertThat(killed.json().get("weights_sha256")).isEqualTo(whole.json().get("weights_sha256"));
        assertThat(killed.checkpoints().stream().map(RunFiles::step))
                .isEqualTo(whole.checkpoints().stream().map(RunFiles::step).toList());
        assertThat(killed.path().resolve("checkpoints/best.pth")).isSymbolicLink();
    }

    private static int lines(Path out) {
        return RunFiles.all(out, "tiny").stream()
                .mapToInt(run -> run.lines().size())
                .sum();
    }
}
