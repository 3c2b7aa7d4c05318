package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs with each optimizer, with a warm-up, complete and taken up again from a checkpoint in mid-epoch. */
class OptimizersTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"adam", "adamw", "lars"})
    void trainsWithAWarmupAndResumesToTheSameBits(String type) throws IOException {
        Path conf = folder.resolve("warm.conf");
        Files.writeString(
                conf,
                Files.readString(Launcher.conf("tiny.conf")).replaceFirst("schedule \\{.*", "") + """
                        optimizer { type = %s, learning-rate = 0.02, clip-norm = 1, exempt = norms-and-biases }
                        schedule { type = cosine, reference-batch = 4, warmup { epochs = 1, from = 0 } }
                        train.epochs = 2
                        checkpoint.keep-last = 100
                        eval { random-weights = false, linear.epochs = 1 }
                        """.formatted(type));
        Launcher launcher = new Launcher(folder);
        launcher.run("train", conf.toString()).succeeded();
        RunFiles whole = RunFiles.only(folder.resolve("runs"), "tiny");

        List<Double> rates = whole.lines().stream()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .filter(line -> line.has("learning_rate"))
                .map(line -> line.get("learning_rate").getAsDouble())
                .toList();
        assertThat(rates).hasSize(20);
        // 0.02 for a batch of 4 is 0.04 for one of 8; half of the cosine is over after one of two epochs.
        for (int step = 0; step < 10; step++) {
            assertThat(rates.get(step)).isCloseTo(0.02 * step / 10, within(1e-12));
        }
        assertThat(rates.get(10)).isCloseTo(0.02, within(1e-12));

        var metrics = whole.timelessMetrics();
        var content = RunFiles.content(whole.latestCheckpoint());
        // What a crash after step 6 leaves behind.
        for (Path checkpoint : whole.checkpoints()) {
            if (RunFiles.step(checkpoint) > 6) {
                Files.delete(checkpoint);
            }
        }
        assertThat(launcher.run("train", conf.toString(), "--resume")
                        .succeeded()
                        .err())
                .contains("from step 6");
        assertThat(whole.timelessMetrics()).isEqualTo(metrics);
        assertThat(RunFiles.content(whole.latestCheckpoint())).isEqualTo(content);
    }
}
