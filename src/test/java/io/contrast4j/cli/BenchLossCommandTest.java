package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchLossCommandTest {
    @Test
    void everyContestantIsMeasured() {
        LossBench bench = new LossBench(4, 8, 2, Tensors.device("cpu"));
        for (List<LossBench.Row> rows : List.of(bench.sampled(300, 20), bench.ring(400, 10, 200))) {
            assertThat(rows.get(0).ratio()).isEqualTo(1);
            assertThat(rows).hasSizeGreaterThan(1).allSatisfy(row -> {
                assertThat(row.millis()).isPositive();
                assertThat(row.ratio()).isPositive();
            });
        }
    }

    @Test
    void theGatheredTableIsSeenInTheMemory() {
        // 512 × 2000 × 64 float32: 262 MB.
        List<LossBench.Row> rows = new LossBench(512, 64, 2, Tensors.device("cpu")).sampled(20_000, 2000);
        org.junit.jupiter.api.Assumptions.assumeTrue(
                rows.get(0).extraBytes().isPresent(), "this system does not tell the peak of the memory");
        assertThat(rows.get(0).extraBytes().getAsLong()).isGreaterThan(200L << 20);
        assertThat(rows.get(1).extraBytes().getAsLong()).isLessThan(100L << 20);
    }

    @Test
    void sizesThatMeanNothingAreRefused() {
        assertThat(Main.commandLine().execute("bench", "loss", "--batch", "0")).isEqualTo(2);
        assertThat(Main.commandLine().execute("bench", "loss", "--rows", "0")).isEqualTo(2);
        assertThat(Main.commandLine().execute("bench", "loss", "--subset", "99"))
                .isEqualTo(2);
    }
}
