package io.contrast4j.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class CounterRandomTest {
    @Property(tries = 100)
    void aPermutationHoldsEverythingOnce(@ForAll @IntRange(min = 0, max = 300) int n, @ForAll long seed) {
        assertThat(CounterRandom.of(seed).permutation(n))
                .containsExactlyInAnyOrder(IntStream.range(0, n).toArray());
    }

    @Test
    void everyPermutationComesUpEquallyOften() {
        int draws = 24_000;
        int[] counts = new int[256];
        for (int i = 0; i < draws; i++) {
            int[] p = CounterRandom.of(11, i).permutation(4);
            counts[p[0] << 6 | p[1] << 4 | p[2] << 2 | p[3]]++;
        }
        int[] seen = IntStream.of(counts).filter(c -> c > 0).toArray();
        assertThat(seen).hasSize(24);
        // 23 degrees of freedom: beyond 60 once in 30 000 times, and the draws are fixed.
        assertThat(chiSquare(seen, draws)).isLessThan(60);
    }

    @Test
    void neighbouringTuplesGiveUnrelatedStreams() {
        int n = 20_000;
        for (long[] offset : new long[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, -1, 0}}) {
            double product = 0;
            int equalBits = 0;
            for (int i = 0; i < n; i++) {
                CounterRandom here = CounterRandom.of(i, 7, 3);
                CounterRandom there = CounterRandom.of(i + offset[0], 7 + offset[1], 3 + offset[2]);
                long a = here.nextLong();
                long b = there.nextLong();
                equalBits += 64 - Long.bitCount(a ^ b);
                product += (here.nextDouble() - 0.5) * (there.nextDouble() - 0.5) * 12;
            }
            // Both means have a standard error: 1/√n of the correlation, 1/(2√(64n)) of the share of equal bits.
            assertThat(product / n).isCloseTo(0, within(4 / Math.sqrt(n)));
            assertThat(equalBits / (64.0 * n)).isCloseTo(0.5, within(2 / Math.sqrt(64.0 * n)));
        }
    }

    @Test
    void firstNumbersOfNeighbouringTuplesAreUniform() {
        int draws = 64_000;
        int[] counts = new int[64];
        for (int i = 0; i < draws; i++) {
            counts[CounterRandom.of(1, 0, i, 0).nextInt(64)]++;
        }
        // 63 degrees of freedom: the mean is 63, the deviation 11.
        assertThat(chiSquare(counts, draws)).isBetween(30.0, 110.0);
    }

    @Test
    void lengthAndOrderOfATupleMatter() {
        Set<Long> keys = new HashSet<>();
        long[][] tuples = {{}, {0}, {0, 0}, {0, 0, 0}, {1}, {1, 0}, {0, 1}, {-1}, {2}, {1, 2}, {2, 1}};
        for (long[] tuple : tuples) {
            keys.add(CounterRandom.key(tuple));
        }
        assertThat(keys).hasSize(tuples.length);
    }

    @Test
    void theSameTupleGivesTheSameNumbers() {
        assertThat(CounterRandom.of(5, 6).longs(20).toArray())
                .isEqualTo(CounterRandom.of(5, 6).longs(20).toArray());
    }

    private static double chiSquare(int[] counts, int draws) {
        double expected = (double) draws / counts.length;
        return IntStream.of(counts)
                .mapToDouble(c -> (c - expected) * (c - expected) / expected)
                .sum();
    }
}
