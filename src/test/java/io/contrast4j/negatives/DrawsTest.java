package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class DrawsTest {
    @Property(tries = 100)
    void theyAreInRangeAndDependOnSeedAndStepAlone(
            @ForAll @IntRange(min = 1, max = 8) int rows,
            @ForAll @IntRange(min = 1, max = 8) int columns,
            @ForAll @LongRange(min = 1, max = 1L << 40) long n,
            @ForAll long seed,
            @ForAll @LongRange(min = 0) long step) {
        try (Scope scope = Scope.open()) {
            Draws draws = Draws.keyed(seed, step);
            Tensor first = draws.items(rows, columns, n);
            assertThat(Tensors.shape(first)).containsExactly(rows, columns);
            assertThat(Arrays.stream(Tensors.longs(first))).allMatch(item -> item >= 0 && item < n);
            // The second view of the step gets the same table, and so does a resumed run.
            assertThat(Tensors.longs(draws.items(rows, columns, n))).isEqualTo(Tensors.longs(first));
            assertThat(Tensors.longs(Draws.keyed(seed, step).items(rows, columns, n)))
                    .isEqualTo(Tensors.longs(first));
        }
    }

    /** What the parts of a batch draw is what the batch draws. */
    @Property(tries = 50)
    void partsHaveTheRowsOfTheWhole(
            @ForAll @IntRange(min = 1, max = 5) int rows,
            @ForAll @IntRange(min = 1, max = 5) int parts,
            @ForAll @IntRange(min = 1, max = 8) int columns) {
        try (Scope scope = Scope.open()) {
            Draws whole = Draws.keyed(3, 4);
            long[] together = IntStream.range(0, parts)
                    .mapToObj(part -> new DrawsOfPart(Draws.keyed(3, 4), part, parts))
                    .flatMapToLong(part -> Arrays.stream(Tensors.longs(part.items(rows, columns, 1000))))
                    .toArray();
            assertThat(together).isEqualTo(Tensors.longs(whole.items((long) rows * parts, columns, 1000)));
            Draws last = new DrawsOfPart(Draws.keyed(3, 4), parts - 1, parts);
            assertThat(Tensors.longs(last.rows(7, 100))).isEqualTo(Tensors.longs(whole.rows(7, 100)));
            assertThat(Tensors.longs(last.permutation(9))).isEqualTo(Tensors.longs(whole.permutation(9)));
            assertThat(last.mixing().nextLong()).isEqualTo(whole.mixing().nextLong());
        }
    }

    @Test
    void otherSeedsAndStepsGiveOtherItems() {
        try (Scope scope = Scope.open()) {
            long[] items = Tensors.longs(Draws.keyed(1, 2).items(4, 16, 1000));
            assertThat(Tensors.longs(Draws.keyed(1, 3).items(4, 16, 1000))).isNotEqualTo(items);
            assertThat(Tensors.longs(Draws.keyed(2, 2).items(4, 16, 1000))).isNotEqualTo(items);
            assertThat(Tensors.longs(Draws.keyed(2, 1).items(4, 16, 1000))).isNotEqualTo(items);
        }
    }

    @Test
    void allItemsComeUpEquallyOften() {
        int n = 100;
        int[] counts = new int[n];
        int total = 0;
        try (Scope scope = Scope.open()) {
            for (int step = 0; step < 50; step++) {
                for (long item : Tensors.longs(Draws.keyed(7, step).items(8, 256, n))) {
                    counts[(int) item]++;
                    total++;
                }
            }
        }
        double expected = (double) total / n;
        double chiSquare = 0;
        for (int count : counts) {
            chiSquare += (count - expected) * (count - expected) / expected;
        }
        // 99 degrees of freedom: mean 99, deviation 14; the draws are fixed.
        assertThat(chiSquare).isBetween(45.0, 160.0);
    }
}
