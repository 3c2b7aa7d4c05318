package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.tensor.TestDevice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs on a GPU by the launcher, against the same runs on the CPU. */
@Tag("gpu")
class OneGpuTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();

    /** Steps before the rounding of one device has led elsewhere than that of another. */
    private static final int STEPS = 3;

    @TempDir
    static Path folder;

    private static List<Double> expected = List.of();

    @BeforeAll
    static void runOnCpu() {
        TestDevice.cuda();
        expected = train("cpu", "device=cpu").losses();
    }

    private static RunFiles train(String out, String... more) {
        List<String> arguments = new ArrayList<>(List.of("train", CONF, "report.pictures=0", "out=" + out));
        arguments.addAll(List.of(more));
        new Launcher(folder).run(arguments.toArray(String[]::new)).succeeded();
        return RunFiles.only(folder.resolve(out), "tiny");
    }

    /** The larger error is that of 8 bits of a number, not of 24. */
    @ParameterizedTest
    @CsvSource({
        "fp32, none, 0.001",
        "fp32, convolutions, 0.005",
        "fp32, all, 0.005",
        "fp16, convolutions, 0.01",
        "bf16, convolutions, 0.05"
    })
    void lossesAreThoseOfTheCpu(String precision, String tf32, double tolerance) {
        RunFiles run =
                train(precision + "-" + tf32, "device=cuda", "train.precision=" + precision, "backend.tf32=" + tf32);
        assertThat(run.json().get("device").getAsString()).isEqualTo("cuda:0");
        assertFirst(run.losses(), tolerance);
    }

    @Test
    void viewsThatTheGpuMakesAreThoseOfTheCpu() {
        assertFirst(
                train("views", "device=cuda", "augment-on=device", "backend.tf32=none")
                        .losses(),
                0.001);
    }

    @Test
    void batchesThatAreCopiedAheadChangeNoBit() {
        String deterministic = "backend.deterministic=true";
        RunFiles ahead = train("ahead", "device=cuda", deterministic);
        RunFiles later = train("later", "device=cuda", deterministic, "loader.device-prefetch=false");
        assertThat(ahead.timelessMetrics()).isEqualTo(later.timelessMetrics());
        assertThat(model(ahead)).isEqualTo(model(later));
    }

    private static Map<String, String> model(RunFiles run) {
        Map<String, String> values = RunFiles.content(run.latestCheckpoint());
        values.keySet().removeIf(key -> !key.startsWith("/model/"));
        return values;
    }

    private static void assertFirst(List<Double> actual, double tolerance) {
        assertThat(actual).hasSameSizeAs(expected).hasSizeGreaterThan(STEPS);
        for (int step = 0; step < STEPS; step++) {
            assertThat(actual.get(step))
                    .as("step %d", step + 1)
                    .isCloseTo(expected.get(step), within(tolerance * expected.get(step)));
        }
    }

    @Test
    void aDeterministicRunThatIsKilledEndsInTheSameBits() {
        String deterministic = "backend.deterministic=true";
        RunFiles whole = train("whole", "device=cuda", deterministic);
        Path out = folder.resolve("killed");
        Launcher.Started started = new Launcher(folder)
                .start("train", CONF, "report.pictures=0", "out=" + out, "device=cuda", deterministic);
        started.until(() -> RunFiles.all(out, "tiny").stream()
                .anyMatch(run -> run.lines().stream().anyMatch(line -> line.startsWith("{\"step\":" + STEPS + ","))));
        assertThat(started.kill().exitCode()).isEqualTo(137);
        RunFiles resumed = train("killed", "device=cuda", deterministic, "--resume");
        assertThat(resumed.timelessMetrics()).isEqualTo(whole.timelessMetrics());
        assertThat(RunFiles.content(resumed.latestCheckpoint())).isEqualTo(RunFiles.content(whole.latestCheckpoint()));
    }
}
