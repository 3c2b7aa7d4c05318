package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs on replicas. */
class DataParallelTest {
    @TempDir
    Path folder;

    private Launcher.Result train(String... more) {
        List<String> command = new ArrayList<>(List.of(
                "train",
                Launcher.conf("tiny.conf").toString(),
                "train.epochs=1",
                "eval.random-weights=false",
                "eval.linear.epochs=1",
                "checkpoint.keep-last=100",
                "data-parallel.replicas=3"));
        command.addAll(List.of(more));
        return new Launcher(folder).run(command.toArray(new String[0])).succeeded();
    }

    @Test
    void trainsAndResumesToTheSameBits() throws IOException {
        assertThat(train().err())
                .contains("data-parallel: 3 replicas; of a batch's 8 pictures 3 on cpu, 3 on cpu, 2 on cpu");
        RunFiles run = RunFiles.only(folder.resolve("runs"), "tiny");
        var metrics = run.timelessMetrics();
        var content = RunFiles.content(run.latestCheckpoint());

        // What a crash after step 3 leaves behind.
        for (Path checkpoint : run.checkpoints()) {
            if (RunFiles.step(checkpoint) > 3) {
                Files.delete(checkpoint);
            }
        }
        assertThat(train("--resume").err()).contains("from step 3");
        assertThat(run.timelessMetrics()).isEqualTo(metrics);
        assertThat(RunFiles.content(run.latestCheckpoint())).isEqualTo(content);
    }
}
