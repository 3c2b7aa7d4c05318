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

    private Launcher.Result train(String out, String... more) {
        List<String> command = new ArrayList<>(List.of(
                "train",
                Launcher.conf("tiny.conf").toString(),
                "train.epochs=1",
                "eval.random-weights=false",
                "eval.linear.epochs=1",
                "checkpoint.keep-last=100",
                "out=" + folder.resolve(out)));
        command.addAll(List.of(more));
        return new Launcher(folder).run(command.toArray(new String[0])).succeeded();
    }

    @Test
    void trainsAndResumesToTheSameBits() throws IOException {
        assertThat(train("one").err()).doesNotContain("data-parallel");
        assertThat(train("three", "data-parallel.replicas=3").err())
                .contains("data-parallel: 3 replicas; of a batch's 8 pictures 3 on cpu, 3 on cpu, 2 on cpu");
        RunFiles one = RunFiles.only(folder.resolve("one"), "tiny");
        RunFiles three = RunFiles.only(folder.resolve("three"), "tiny");
        var metrics = three.timelessMetrics();
        var content = RunFiles.content(three.latestCheckpoint());
        assertThat(metrics).as("batch statistics are those of the parts").isNotEqualTo(one.timelessMetrics());
        assertThat(RunFiles.content(one.latestCheckpoint()).keySet())
                .as("a checkpoint has the names of one network")
                .containsExactlyInAnyOrderElementsOf(content.keySet());

        // What a crash after step 3 leaves behind.
        for (Path checkpoint : three.checkpoints()) {
            if (RunFiles.step(checkpoint) > 3) {
                Files.delete(checkpoint);
            }
        }
        assertThat(train("three", "data-parallel.replicas=3", "--resume").err()).contains("from step 3");
        assertThat(three.timelessMetrics()).isEqualTo(metrics);
        assertThat(RunFiles.content(three.latestCheckpoint())).isEqualTo(content);
    }

    @Test
    void mistakesAreOneSentence() {
        String conf = Launcher.conf("tiny.conf").toString();
        new Launcher(folder)
                .run("train", conf, "data-parallel.replicas=9")
                .failed(
                        2,
                        "data-parallel.replicas = 9 must be at most train.batch-size = 8, as each has a part of every"
                                + " batch");
        new Launcher(folder)
                .run("train", conf, "data-parallel.replicas=0")
                .failed(2, "data-parallel.replicas = 0 must be at least 1");
        assertThat(folder.resolve("runs")).doesNotExist();
    }
}
