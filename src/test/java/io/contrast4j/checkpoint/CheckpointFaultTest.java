package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Saving goes wrong in ways that only another process can show: it is killed, or its disk is full. */
class CheckpointFaultTest {
    @TempDir
    Path folder;

    @TempDir
    Path copies;

    @Test
    void aProcessKilledWhileSavingLosesNothingItHadSaved() throws Exception {
        CheckpointStore store = new CheckpointStore(folder, 2);
        SplittableRandom random = new SplittableRandom(1);
        long next = 1;
        for (int kill = 0; kill < 3; kill++) {
            Process process = new ProcessBuilder(saver(next, Long.MAX_VALUE)).start();
            long saved = 0;
            try (BufferedReader out = process.inputReader()) {
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    if (line.startsWith("saved ")) {
                        if (saved == 0) {
                            Thread.sleep(random.nextInt(150));
                            // By its handle: Process.destroyForcibly would also close the stream with the last lines.
                            process.toHandle().destroyForcibly();
                        }
                        saved = Long.parseLong(line.substring("saved ".length()));
                    }
                }
            }
            process.waitFor();

            long latest = epochOfCompleteCheckpoint(store.latest().orElseThrow());
            assertThat(latest).isBetween(saved, saved + 1);
            next = latest + 1;
        }
        try (Scope scope = Scope.open()) {
            store.save("epoch-" + next, CheckpointSaver.content(next));
        }
        assertThat(folder.toFile().list())
                .containsExactlyInAnyOrder("epoch-" + next + ".pth", "epoch-" + (next - 1) + ".pth");
    }

    /** On a file system of 3 MB of its own, where the third checkpoint of 1 MB finds no room beside two others. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aFullDiskIsReportedAndHarmsNothing() throws Exception {
        String mount = "mount -t tmpfs -o size=3m tmpfs '" + folder + "'";
        assumeTrue(
                run(List.of("unshare", "-rm", "sh", "-c", mount), List.of()).exitCode == 0,
                "no file system can be mounted here: skipped");

        // The mount is seen by this process only, so that it lists and copies what the saver left.
        String script = mount + " && \"$@\"; code=$?; ls -a '" + folder + "' && cp '" + folder + "'/* '" + copies
                + "'; exit $code";
        Result result = run(List.of("unshare", "-rm", "sh", "-c", script, "sh"), saver(1, 9));

        assertThat(result.exitCode).as(result.toString()).isEqualTo(UserError.FAILED);
        assertThat(result.lines)
                .contains(
                        "saved 1",
                        "saved 2",
                        "The checkpoint " + folder.resolve("epoch-3.pth") + " could not be written (No space left on"
                                + " device), but the previous one " + folder.resolve("epoch-2.pth")
                                + " is intact: free some space on its disk and resume.")
                .contains("epoch-1.pth", "epoch-2.pth")
                .noneMatch(line -> line.endsWith(".part"));
        assertThat(epochOfCompleteCheckpoint(copies.resolve("epoch-2.pth"))).isEqualTo(2);
    }

    /** A limit on the size of files, which the kernel enforces in the middle of a write as it does a full disk. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aFileThatMayNotGrowIsReportedAndRemoved() throws Exception {
        CheckpointStore store = new CheckpointStore(folder, 2);
        store.save("epoch-1", Map.of("epoch", 1L));

        Result result = run(List.of("sh", "-c", "ulimit -f 1000 && exec \"$@\"", "sh"), saver(2, 2));

        assertThat(result.exitCode).as(result.toString()).isEqualTo(UserError.FAILED);
        assertThat(result.lines)
                .anyMatch(line -> line.contains("epoch-2.pth could not be written (File too large)")
                        && line.contains("the previous one " + store.file("epoch-1") + " is intact"));
        assertThat(folder.toFile().list()).containsExactly("epoch-1.pth");
    }

    private static long epochOfCompleteCheckpoint(Path file) {
        try (Scope scope = Scope.open()) {
            Map<?, ?> content = PthFile.readMap(file);
            long epoch = (Long) content.get("epoch");
            Tensor weight = (Tensor) ((Map<?, ?>) content.get("model")).get("weight");
            assertThat(Tensors.floats(weight)).containsOnly(epoch);
            assertThat(file.getFileName()).hasToString("epoch-" + epoch + ".pth");
            return epoch;
        }
    }

    private List<String> saver(long first, long last) {
        return List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                CheckpointSaver.class.getName(),
                folder.toString(),
                Long.toString(first),
                Long.toString(last));
    }

    private record Result(int exitCode, List<String> lines) {}

    private static Result run(List<String> command, List<String> more) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(command);
        all.addAll(more);
        try {
            Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
            List<String> lines = process.inputReader().lines().toList();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Result(process.exitValue(), lines);
        } catch (IOException absent) {
            return new Result(127, List.of(absent.toString()));
        }
    }
}
