package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several processes started by one: their measurements, and that they end together. */
class BenchDistTest {
    private static final String SMALL = "bench dist resnet depth=18 width=0.0625 --input 3x16x16 --batch 2";

    @TempDir
    Path folder;

    @Test
    void stepsOfTwoRanksAreMeasured() {
        Launcher.Result result = new Launcher(folder)
                .run((SMALL + " --rounds 3 --json dist.json").split(" "))
                .succeeded();
        assertThat(result.err()).isEmpty();
        assertThat(result.out())
                .contains("2 ranks of 1 threads each", "2 pictures for each rank, median of 3", "gradients averaged")
                .doesNotContain("[rank", "[Gloo]");
        JsonObject json = JsonParser.parseString(Launcher.read(folder.resolve("dist.json")))
                .getAsJsonObject();
        for (String time : List.of("aloneMillis", "besideMillis", "togetherMillis", "exchangeMillis")) {
            assertThat(json.get(time).getAsDouble()).as(time).isPositive();
        }
        assertThat(json.get("efficiency").getAsDouble())
                .isEqualTo(json.get("aloneMillis").getAsDouble()
                        / json.get("togetherMillis").getAsDouble());
        assertThat(json.get("hidden").getAsDouble()).isBetween(0.0, 1.0);
        assertThat(json.get("gradientBytes").getAsLong()).isBetween(100_000L, 1_000_000L);
    }

    private Launcher.Started endless() {
        Launcher.Started started = new Launcher(folder).start((SMALL + " --rounds 100000").split(" "));
        // Both have loaded LibTorch and met when rank 0 measures; that takes no longer than this.
        assertThat(started.until(() -> started.process().children().count() == 2))
                .isTrue();
        sleep(Duration.ofSeconds(5));
        return started;
    }

    @Test
    void aRankThatIsKilledTakesTheOthersDown() {
        Launcher.Started started = endless();
        List<ProcessHandle> ranks = started.process().children().toList();
        long start = System.nanoTime();
        ranks.get(1).destroyForcibly();
        Launcher.Result result = started.await().failed(137, "was ended by signal 9; the others end, too");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
        assertThat(ranks).noneMatch(ProcessHandle::isAlive);
        assertThat(result.err()).contains("the others end, too");
    }

    @Test
    void aSignalIsPassedOn() {
        Launcher.Started started = endless();
        List<ProcessHandle> ranks = started.process().children().toList();
        assertThat(started.signal("TERM").exitCode()).isEqualTo(143);
        assertThat(ranks).noneMatch(ProcessHandle::isAlive);
    }

    @Test
    void noRankSurvivesItsLauncher() {
        Launcher.Started started = endless();
        List<ProcessHandle> ranks = started.process().children().toList();
        started.kill();
        for (int i = 0; i < 100 && ranks.stream().anyMatch(ProcessHandle::isAlive); i++) {
            sleep(Duration.ofMillis(100));
        }
        assertThat(ranks).noneMatch(ProcessHandle::isAlive);
    }

    @Test
    void whatCannotBeMeasuredIsSaid() {
        Launcher launcher = new Launcher(folder);
        launcher.run("bench", "dist", "--nproc-per-node", "1").failed(2, "--nproc-per-node 1 must be 2 to 64");
        launcher.run("bench", "dist", "--batch", "1").failed(2, "--batch 1 must be 2 to 65536");
        launcher.run("bench", "dist", "resnet51").failed(2, "'resnet51' is no encoder");
        launcher.run("bench", "dist", "--device", "cuda:1").failed(2, "--device cuda:1 must be auto, cpu or cuda");
    }

    private static void sleep(Duration duration) {
        try {
            TimeUnit.MILLISECONDS.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
