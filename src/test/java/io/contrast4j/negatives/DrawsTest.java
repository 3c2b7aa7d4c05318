package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
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
