package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs on replicas. */
class DataParallelTest {
    @TempDir
    Path folder;

    private RunFiles train(String out, String... overrides) {
        List<String> command = new ArrayList<>(List.of(
                "train",
                Launcher.conf("tiny.conf").toString(),
                "train.epochs=1",
                "eval.random-weights=false",
                "eval.linear.epochs=1",
                "out=" + folder.resolve(out)));
        command.addAll(List.of(overrides));
        Launcher.Result result =
                new Launcher(folder).run(command.toArray(new String[0])).succeeded();
        assertThat(result.err()
                        .contains("data-parallel: 3 replicas; of a batch's 8 pictures 3 on cpu, 3 on cpu, 2 on cpu"))
                .isEqualTo(overrides.length > 0);
        return RunFiles.only(folder.resolve(out), "tiny");
    }

    @Test
    void trainsToTheSameBitsEveryTime() {
        RunFiles one = train("one");
        RunFiles three = train("three", "data-parallel.replicas=3");
        RunFiles again = train("again", "data-parallel.replicas=3");
        var content = RunFiles.content(three.latestCheckpoint());
        assertThat(RunFiles.content(again.latestCheckpoint())).isEqualTo(content);
        assertThat(again.timelessMetrics()).isEqualTo(three.timelessMetrics());
        assertThat(three.timelessMetrics())
                .as("batch statistics are those of the parts")
                .isNotEqualTo(one.timelessMetrics());
        assertThat(RunFiles.content(one.latestCheckpoint()).keySet())
                .as("a checkpoint has the names of one network")
                .isEqualTo(content.keySet());
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
