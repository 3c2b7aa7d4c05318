package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with GPUs is told in one sentence, in place of LibTorch's frames. */
@Tag("rehearsal")
class GpuErrorsRehearsalTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();

    @TempDir
    Path folder;

    private static Launcher.Result train(Rehearsal rehearsal, String... overrides) {
        List<String> command = new ArrayList<>(List.of("train", CONF, "device=cuda", "report.pictures=0"));
        command.addAll(List.of(overrides));
        return rehearsal.run(command.toArray(String[]::new));
    }

    private static void refused(Launcher.Result result, int exit, String... parts) {
        result.failed(exit, parts);
    }

    @Test
    void whatIsMissingIsTheUsersToPutRight() throws IOException {
        refused(
                train(new Rehearsal(folder).with("DEVICES", 0)),
                2,
                "device = cuda: no GPU is usable here, as the NVIDIA driver");
        refused(
                train(new Rehearsal(folder).with("DRIVER", 12080)),
                2,
                "the NVIDIA driver is of CUDA 12.8, and this build of LibTorch needs one of CUDA 13");
        refused(train(new Rehearsal(folder).with("DEVICES", 2), "device=cuda:5"), 2, "there are 2 GPUs here");
        refused(train(new Rehearsal(folder).with("CAPABILITY", 70)), 2, "is of compute capability 7.0");
    }

    @Test
    void autoWarnsAndTakesTheCpu() throws IOException {
        Launcher.Result result = train(new Rehearsal(folder).with("DRIVER", 12080), "device=auto", "train.epochs=0");
        result.succeeded();
        assertThat(result.err()).contains("device = auto takes the CPU", "CUDA 12.8");
    }

    @Test
    void aDriverOfAnEarlier13IsTaken() throws IOException {
        train(new Rehearsal(folder).with("DRIVER", 13000), "train.epochs=0").succeeded();
    }

    @Test
    void whatDoesNotFitIsNamed() throws IOException {
        refused(
                train(new Rehearsal(folder).with("MIB", 60), "encoder.width=1"),
                1,
                "There is not enough memory on cuda:0 (60.00 MiB",
                "for the network");
        refused(
                train(
                        new Rehearsal(folder).with("MIB", 200),
                        "data.train-per-picture=30000",
                        "encoder.feature-dim=512"),
                1,
                "210000 rows of 512 numbers, 0.40 GiB for each of 2 views");
    }

    @Test
    void aGpuThatFailsEndsTheRunWithItsLastCheckpoint() throws IOException {
        refused(
                train(new Rehearsal(folder).with("FAIL", 214).with("FAIL_AT", 8_000), "checkpoint.every-steps=1"),
                1,
                "cuda:0 (",
                "has failed: uncorrectable ECC error encountered",
                "--resume goes on from");
    }
}
