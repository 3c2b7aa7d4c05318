package io.contrast4j.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ranks that are processes, as in a training: only so can one be killed. */
class ProcessesTest {
    private static final long PATIENCE_SECONDS = 120;

    @TempDir
    Path folder;

    private final Rendezvous place = ThreadRanks.freePlace();
    private final List<Process> processes = new ArrayList<>();

    /** What one printed, and how it ended. */
    private record Ended(int exitCode, String printed) {}

    private Process start(int rank, int size, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-cp",
                System.getProperty("java.class.path"),
                RankProgram.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(processes.size() + ".out").toFile());
        builder.environment().put("RANK", "" + rank);
        builder.environment().put("WORLD_SIZE", "" + size);
        builder.environment().put("LOCAL_RANK", "" + rank);
        builder.environment().put("LOCAL_WORLD_SIZE", "" + size);
        builder.environment().put("MASTER_ADDR", place.host());
        builder.environment().put("MASTER_PORT", "" + place.port());
        builder.environment().put("OMP_NUM_THREADS", "1");
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private List<Ended> await() throws IOException, InterruptedException {
        List<Ended> ended = new ArrayList<>();
        for (int i = 0; i < processes.size(); i++) {
            Path out = folder.resolve(i + ".out");
            assertThat(processes.get(i).waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as(() -> Arrays.toString(out.toFile().list()))
                    .isTrue();
            ended.add(new Ended(processes.get(i).exitValue(), Files.readString(out)));
        }
        return ended;
    }

    @AfterEach
    void endAll() {
        processes.forEach(Process::destroyForcibly);
    }

    /** As in threads, whose equality with one process {@link GradientReducerTest} shows. */
    @Test
    void processesLearnWhatThreadsLearn() throws IOException, InterruptedException {
        for (int rank = 0; rank < 2; rank++) {
            start(rank, 2, "train", "60000", "1");
        }
        List<double[]> threads =
                ThreadRanks.run(2, ranks -> GradientReducerTest.trained(ranks, 1, GradientReducerTest.config(false)));
        List<String> weights = await().stream()
                .map(ended -> ended.printed()
                        .lines()
                        .filter(line -> line.startsWith("weights "))
                        .findFirst()
                        .orElse(ended.toString()))
                .toList();
        assertThat(weights.get(1)).isEqualTo(weights.get(0));
        double[] learnt = new Gson().fromJson(weights.get(0).substring("weights ".length()), double[].class);
        assertThat(learnt).hasSameSizeAs(threads.get(0));
        for (int i = 0; i < learnt.length; i++) {
            // Another number of threads adds in another order.
            assertThat(learnt[i]).isCloseTo(threads.get(0)[i], within(1e-5 * Math.max(1, Math.abs(learnt[i]))));
        }
    }

    @Test
    void aKilledRankIsNamedByTheOthers() throws IOException, InterruptedException {
        for (int rank = 0; rank < 4; rank++) {
            start(rank, 4, "exchange", "20000", "1");
        }
        // They are at it when the store's port is no longer what keeps them: give them the time to start.
        TimeUnit.SECONDS.sleep(1);
        Path first = folder.resolve("0.out");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!Files.readString(first).contains("[Gloo] Rank 0 is connected")) {
            assertThat(System.nanoTime()).isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(100);
        }
        TimeUnit.MILLISECONDS.sleep(500);
        long killed = System.nanoTime();
        processes.get(2).destroyForcibly();
        List<Ended> ended = await();
        assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(Duration.ofSeconds(20));
        assertThat(ended.get(2).exitCode()).isEqualTo(137);
        for (int rank : new int[] {0, 1, 3}) {
            assertThat(ended.get(rank).exitCode()).isEqualTo(1);
            assertThat(ended.get(rank).printed()).contains("Rank 2 on ", "is lost", "distributed.timeout = 20 s");
        }
    }

    @Test
    void otherWorldSizesAreRefusedByAll() throws IOException, InterruptedException {
        start(0, 2, "exchange", "20000", "1");
        start(1, 3, "exchange", "20000", "1");
        assertThat(await()).allSatisfy(ended -> {
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.printed()).contains("Rank 1 on ", "there are 3 processes", "says 2");
        });
    }

    @Test
    void otherConfigurationsAreRefusedByAll() throws IOException, InterruptedException {
        start(0, 2, "exchange", "20000", "1");
        start(1, 2, "exchange", "20000", "2");
        assertThat(await()).allSatisfy(ended -> {
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.printed()).contains("seed = 2 instead of 1");
        });
    }
}
