package io.contrast4j.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ranks that are processes, as in a training: only so can one be killed. */
class ProcessesTest {
    private static final long PATIENCE_SECONDS = 120;

    @TempDir
    Path folder;

    private ForkedRanks ranks;

    @BeforeEach
    void none() {
        ranks = new ForkedRanks(folder);
    }

    @AfterEach
    void endAll() {
        ranks.close();
    }

    private Process start(int rank, int size, String... arguments) throws IOException {
        return ranks.start(RankProgram.class, rank, size, arguments);
    }

    /** As in threads, whose equality with one process {@link GradientReducerTest} shows. */
    @Test
    void processesLearnWhatThreadsLearn() throws IOException, InterruptedException {
        for (int rank = 0; rank < 2; rank++) {
            start(rank, 2, "train", "60000", "1");
        }
        List<double[]> threads =
                ThreadRanks.run(2, ranks -> GradientReducerTest.trained(ranks, 1, GradientReducerTest.config(false)));
        List<String> weights = ranks.await().stream()
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
        List<Process> processes = new ArrayList<>();
        for (int rank = 0; rank < 4; rank++) {
            processes.add(start(rank, 4, "exchange", "20000", "1"));
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        for (int rank = 0; rank < 4; rank++) {
            while (!Files.readString(ranks.out(rank)).contains("[Gloo] Rank " + rank + " is connected")) {
                assertThat(System.nanoTime()).isLessThan(end);
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
        // They exchange by then.
        TimeUnit.MILLISECONDS.sleep(500);
        long killed = System.nanoTime();
        processes.get(2).destroyForcibly();
        List<ForkedRanks.Ended> ended = ranks.await();
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
        assertThat(ranks.await()).allSatisfy(ended -> {
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.printed()).contains("Rank 1 on ", "there are 3 processes", "says 2");
        });
    }

    @Test
    void otherConfigurationsAreRefusedByAll() throws IOException, InterruptedException {
        start(0, 2, "exchange", "20000", "1");
        start(1, 2, "exchange", "20000", "2");
        assertThat(ranks.await()).allSatisfy(ended -> {
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.printed()).contains("seed = 2 instead of 1");
        });
    }
}
