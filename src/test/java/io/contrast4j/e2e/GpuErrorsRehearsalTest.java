package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    /**
     * NCCL's part of a GPU's work hangs where another process does, and all work behind it. Wherever in a step that happens, the
     * program hands out the rest of the step, waits no longer than it should, and still gets at the state before the step.
     *
     * @param exchange the first of NCCL's that is not completed: the 50th to 58th are the sixth step's
     * @param rest how many a process asks for from then on, although it gets none
     */
    @ParameterizedTest
    @CsvSource({"52, 7", "55, 4", "58, 1"})
    void exchangesThatNeverCompleteLeaveTheLastStepBehind(int exchange, int rest) throws IOException {
        Rehearsal rehearsal = new Rehearsal(folder).with("DEVICES", 2);
        List<String> moco = new ArrayList<>(MethodsTest.methods().get("moco"));
        moco.addAll(List.of("train.epochs=2", "train.log-every=1000", "checkpoint.every-steps=1000"));
        moco.addAll(List.of("eval.every-epochs=1000", "distributed.timeout=2s", "out=" + folder.resolve("runs")));
        moco.addAll(List.of("--nproc-per-node", "2"));
        String[] command = moco.toArray(String[]::new);
        Launcher.Result stuck = train(rehearsal.with("STUCK", exchange), command);
        // c10d may print its own view of it as well.
        assertThat(stuck.exitCode()).isEqualTo(1);
        assertThat(stuck.out() + stuck.err())
                .contains("saved after step ")
                .contains("All ranks are there, and wait for each other in vain (distributed.timeout = 2 s)");
        List<String> behind = rehearsal.calls().stream()
                .filter(call -> call.startsWith("held "))
                .toList();
        assertThat(behind).as("exchanges of two processes").hasSize(2 * rest);
        moco.addAll(List.of("--resume", "auto"));
        Launcher.Result resumed = train(new Rehearsal(folder).with("DEVICES", 2), moco.toArray(String[]::new));
        resumed.succeeded();
        assertThat(resumed.out() + resumed.err()).contains("(resumed, from step 5)");
    }
}
