package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs in shorter types and with several batches in a step, complete and taken up again from a checkpoint in mid-epoch. */
class StepSettingsTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"bf16, 3, 8", "fp16, 1, 20"})
    void trainsAndResumesToTheSameBits(String precision, int accumulate, int steps) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "train",
                Launcher.conf("tiny.conf").toString(),
                "train.epochs=2",
                "checkpoint.keep-last=100",
                "train.precision=" + precision,
                "train.accumulate=" + accumulate,
                "eval.random-weights=false",
                "eval.linear.epochs=1"));
        Launcher launcher = new Launcher(folder);
        Launcher.Result result = launcher.run(command.toArray(new String[0])).succeeded();
        assertThat(result.err().contains("train.precision = fp16 is many times slower than fp32"))
                .isEqualTo(precision.equals("fp16"));
        RunFiles whole = RunFiles.only(folder.resolve("runs"), "tiny");
        List<JsonObject> lines =
                whole.metrics().stream().filter(line -> line.has("loss")).toList();
        assertThat(lines).hasSize(steps);
        assertThat(lines).allSatisfy(line -> {
            assertThat(line.get("loss").getAsDouble()).isFinite();
            assertThat(line.has("monitor.gradient_scale")).isEqualTo(precision.equals("fp16"));
        });

        var metrics = whole.timelessMetrics();
        var content = RunFiles.content(whole.latestCheckpoint());
        assertThat(content.containsKey("/contrast4j/trainer/scaler/scale")).isEqualTo(precision.equals("fp16"));
        // What a crash after step 3 leaves behind.
        for (Path checkpoint : whole.checkpoints()) {
            if (RunFiles.step(checkpoint) > 3) {
                Files.delete(checkpoint);
            }
        }
        command.add("--resume");
        assertThat(launcher.run(command.toArray(new String[0])).succeeded().err())
                .contains("from step 3");
        assertThat(whole.timelessMetrics()).isEqualTo(metrics);
        assertThat(RunFiles.content(whole.latestCheckpoint())).isEqualTo(content);
    }

    @Test
    void aDeviceThatIsNotThereIsOneSentence() {
        new Launcher(folder)
                .run("train", Launcher.conf("tiny.conf").toString(), "device=cuda:7")
                .failed(2, "device = cuda:7: ");
        new Launcher(folder)
                .run(
                        "train",
                        Launcher.conf("tiny.conf").toString(),
                        "backend.deterministic=true",
                        "backend.cudnn-benchmark=true",
                        "train.precision=half",
                        "train.accumulate=0")
                .failed(
                        2,
                        "backend.cudnn-benchmark = true must be false where backend.deterministic = true, as the fastest algorithm is"
                                + " not the same every time",
                        "train.precision = half must be one of fp32, bf16, fp16",
                        "train.accumulate = 0 must be at least 1");
        assertThat(folder.resolve("runs")).doesNotExist();
    }

    @Test
    void theSwitchesOfTheBackendChangeNothingOnACpu() {
        List<String> command = List.of("train", Launcher.conf("tiny.conf").toString(), "train.epochs=1");
        List<RunFiles> runs = new ArrayList<>();
        for (String name : List.of("plain", "switched")) {
            List<String> all = new ArrayList<>(command);
            all.add("out=" + folder.resolve(name));
            if (name.equals("switched")) {
                all.addAll(Arrays.asList("backend.tf32=all", "backend.deterministic=true"));
            }
            Launcher.Result result =
                    new Launcher(folder).run(all.toArray(new String[0])).succeeded();
            assertThat(result.err()).doesNotContain("eterministic");
            runs.add(RunFiles.only(folder.resolve(name), "tiny"));
        }
        assertThat(RunFiles.content(runs.get(1).latestCheckpoint()))
                .isEqualTo(RunFiles.content(runs.get(0).latestCheckpoint()));
    }
}
