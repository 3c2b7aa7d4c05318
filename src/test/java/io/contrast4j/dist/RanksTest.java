package io.contrast4j.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What ranks do together, over Gloo on the loopback. */
class RanksTest {
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void rowsAreGatheredInTheOrderOfTheRanks(int size) {
        List<double[]> gathered = ThreadRanks.run(size, ranks -> {
            int rank = ranks.world().rank();
            Tensor rows = Tensors.of(new double[] {rank, rank + 0.25, rank + 0.5, rank + 0.75}, 2, 2);
            Tensor all = ranks.gather(rows);
            assertThat(Tensors.shape(all)).containsExactly(2L * size, 2);
            return Tensors.doubles(all);
        });
        double[] expected = IntStream.range(0, 4 * size)
                .mapToDouble(i -> i / 4 + 0.25 * (i % 4))
                .toArray();
        assertThat(gathered).allSatisfy(all -> assertThat(all).containsExactly(expected));
    }

    @Test
    void everyTypeThatIsExchangedArrives() {
        for (ScalarType type : List.of(ScalarType.Float, ScalarType.Double, ScalarType.Long, ScalarType.Byte)) {
            List<long[]> gathered = ThreadRanks.run(2, ranks -> {
                Tensor rows = Tensors.of(new long[] {3, 5}, 2)
                        .mul(Tensors.scalar(ranks.world().rank() + 1))
                        .to(type);
                return Tensors.longs(ranks.gather(rows));
            });
            assertThat(gathered)
                    .as(type.name())
                    .allSatisfy(all -> assertThat(all).containsExactly(3, 5, 6, 10));
        }
    }

    @Test
    void tensorsOfSeveralTypesAndLayoutsAreSummedInPlace() {
        List<List<double[]>> sums = ThreadRanks.run(3, ranks -> {
            double rank = ranks.world().rank();
            Tensor turned = Tensors.of(new double[] {rank, 1, 2, 3, 4, 5}, 2, 3).t();
            List<Tensor> tensors = List.of(
                    Tensors.of(new double[] {rank}),
                    Tensors.of(new float[] {(float) rank, 1}, 2),
                    turned,
                    Tensors.of(new long[] {(long) rank, 7}, 1, 2));
            ranks.sum(tensors);
            return tensors.stream().map(Tensors::doubles).toList();
        });
        assertThat(sums).allSatisfy(sum -> {
            assertThat(sum.get(0)).containsExactly(3);
            assertThat(sum.get(1)).containsExactly(3, 3);
            assertThat(sum.get(2)).containsExactly(3, 9, 3, 12, 6, 15);
            assertThat(sum.get(3)).containsExactly(3, 21);
        });
    }

    @Test
    void whatRankZeroHasGoesToAll() {
        List<double[]> values = ThreadRanks.run(3, ranks -> {
            double rank = ranks.world().rank();
            Tensor weights = Tensors.of(new double[] {rank + 1, rank + 2}, 2).requires_grad_(true);
            Tensor count = Tensors.of(new long[] {(long) rank});
            ranks.broadcast(List.of(weights, count));
            assertThat(weights.requires_grad()).isTrue();
            return new double[] {Tensors.doubles(weights)[0], Tensors.doubles(weights)[1], Tensors.doubles(count)[0]};
        });
        assertThat(values).allSatisfy(value -> assertThat(value).containsExactly(1, 2, 0));
    }

    @Test
    void textsMeansAndSums() {
        List<List<String>> texts = ThreadRanks.run(3, ranks -> {
            int rank = ranks.world().rank();
            Tensor mean = Tensors.of(new double[] {rank, 10 * rank}, 2);
            // The same memory twice, as a loss of one term and its term.
            Exchange.mean(ranks, List.of(mean, mean.view(2, 1)));
            assertThat(Tensors.doubles(mean)).containsExactly(1, 10);
            assertThat(Exchange.sum(ranks, rank, 1)).containsExactly(3, 3);
            Exchange.barrier(ranks);
            assertThat(Exchange.texts(ranks, "")).containsExactly("", "", "");
            return Exchange.texts(ranks, "ä".repeat(rank));
        });
        assertThat(texts).allSatisfy(all -> assertThat(all).containsExactly("", "ä", "ää"));
    }

    @Test
    void oneProcessIsItsOwnCompany() {
        try (Ranks alone = new Alone();
                Scope scope = Scope.open()) {
            Tensor rows = Tensors.of(new double[] {1, 2}, 2, 1);
            assertThat(Tensors.doubles(alone.gather(rows))).containsExactly(1, 2);
            alone.sum(List.of(rows));
            alone.broadcast(List.of(rows));
            Exchange.mean(alone, List.of(rows));
            assertThat(Tensors.doubles(GatheredRows.of(alone, rows))).containsExactly(1, 2);
            assertThat(Exchange.texts(alone, "me")).containsExactly("me");
            assertThat(Exchange.sum(alone, 4)).containsExactly(4);
        }
    }

    /** L_r = Σ (w_r ⊙ y)², where y are the rows of all: dL/dx_s is the slice of Σ_r 2 w_r² y. */
    @Test
    void gatheredRowsSendTheirGradientBackToTheirRank() {
        int size = 3;
        List<double[]> gradients = ThreadRanks.run(size, ranks -> {
            int rank = ranks.world().rank();
            Tensor x = Tensors.of(new double[] {rank + 1, rank + 2, rank + 3, rank + 4, rank + 5, rank + 6}, 2, 3)
                    .requires_grad_(true);
            Tensor y = GatheredRows.of(ranks, x);
            assertThat(Tensors.shape(y)).containsExactly(6, 3);
            y.mul(y).mul(Tensors.scalar(rank + 1.0)).sum().backward();
            return Tensors.doubles(x.grad());
        });
        for (int rank = 0; rank < size; rank++) {
            for (int i = 0; i < 6; i++) {
                assertThat(gradients.get(rank)[i]).isCloseTo(2 * (1 + 2 + 3) * (rank + 1.0 + i), within(1e-12));
            }
        }
    }

    @Test
    void aRankThatHangsIsNamedWithinTheTimeOut() {
        CountDownLatch found = new CountDownLatch(2);
        long start = System.nanoTime();
        Duration timeout = Duration.ofSeconds(2);
        List<String> reasons = ThreadRanks.run(3, ThreadRanks.config(timeout), ranks -> {
            Exchange.barrier(ranks);
            if (ranks.world().rank() == 1) {
                assertThat(found.await(60, TimeUnit.SECONDS)).isTrue();
                return "";
            }
            try {
                Exchange.barrier(ranks);
                return "no failure";
            } catch (LostRank lost) {
                // The time-out, and what it takes to find out who it is; on a busy machine some more.
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
                long again = System.nanoTime();
                assertThatThrownBy(() -> Exchange.barrier(ranks))
                        .isInstanceOf(LostRank.class)
                        .isNotSameAs(lost)
                        .hasMessage(lost.getMessage());
                if (ranks.world().isFirst()) {
                    // Such as the last checkpoint.
                    assertThat(Exchange.byFirst(ranks, () -> "made all the same"))
                            .isEqualTo("made all the same");
                } else {
                    assertThatThrownBy(() -> Exchange.byFirst(ranks, () -> ""))
                            .isInstanceOf(LostRank.class)
                            .hasMessage(lost.getMessage());
                }
                assertThat(Duration.ofNanos(System.nanoTime() - again))
                        .as("nobody waits again")
                        .isLessThan(timeout);
                return lost.getMessage();
            } finally {
                found.countDown();
            }
        });
        assertThat(List.of(reasons.get(0), reasons.get(2)))
                .allSatisfy(
                        reason -> assertThat(reason).contains("Rank 1 on ", "distributed.timeout = 2 s", "--resume"));
    }

    @Test
    void aRankThatLeavesEarlyIsNamed() {
        List<String> reasons = ThreadRanks.run(2, ranks -> {
            if (ranks.world().rank() == 1) {
                return "";
            }
            try {
                for (int i = 0; i < 100; i++) {
                    Exchange.barrier(ranks);
                }
                return "no failure";
            } catch (LostRank lost) {
                return lost.getMessage();
            }
        });
        assertThat(reasons.get(0)).contains("Rank 1 on ");
    }

    @Test
    void twoThousandStepsLeaveNoMemoryBehind() throws IOException {
        Path statistics = Path.of("/proc/self/statm");
        Assumptions.assumeTrue(Files.exists(statistics), "no /proc/self/statm to read the resident memory from");
        List<List<Long>> memory = ThreadRanks.run(2, ranks -> {
            List<Long> pages = new ArrayList<>();
            Tensor rows = torch.ones(64, 128);
            for (int step = 0; step <= 2000; step++) {
                try (Scope scope = Scope.open()) {
                    Tensor x = rows.mul(Tensors.scalar(step)).requires_grad_(true);
                    GatheredRows.of(ranks, x).sum().backward();
                    ranks.sum(List.of(x, x.grad()));
                }
                if (step % 1000 == 0 && step > 0) {
                    pages.add(Long.parseLong(Files.readString(statistics).split(" ")[1]));
                }
            }
            return pages;
        });
        // Each step handles 64 kB several times; 1000 kept ones would be hundreds of megabytes.
        long grown = (memory.get(0).get(1) - memory.get(0).get(0)) * 4096;
        assertThat(grown).isLessThan(32L << 20);
    }
}
