package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes with a GPU each, which exchange by NCCL. */
@Tag("gpu")
class SeveralGpusTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();

    @TempDir
    private Path folder;

    @Test
    void twoGpusLearnWhatTwoCpusLearn() {
        assumeTrue(torch.cuda_is_available() && torch.cuda_device_count() > 1, "there are no two GPUs here");
        RunFiles onCpus = train("cpus", "device=cpu", "distributed.backend=gloo");
        RunFiles onGpus = train("gpus", "device=cuda", "distributed.backend=nccl", "backend.tf32=none");
        assertThat(onGpus.json().get("device").getAsString()).isEqualTo("cuda:0");
        List<Double> expected = onCpus.losses();
        List<Double> actual = onGpus.losses();
        assertThat(actual).hasSameSizeAs(expected).isNotEmpty();
        for (int step = 0; step < 3; step++) {
            assertThat(actual.get(step)).isCloseTo(expected.get(step), within(0.01 * expected.get(step)));
        }
    }

    private RunFiles train(String out, String... more) {
        List<String> arguments = new ArrayList<>(List.of("train", CONF, "--nproc-per-node", "2", "train.epochs=1"));
        arguments.addAll(List.of("report.pictures=0", "out=" + folder.resolve(out)));
        arguments.addAll(List.of(more));
        new Launcher(folder).run(arguments.toArray(String[]::new)).succeeded();
        return RunFiles.only(folder.resolve(out), "tiny");
    }
}
