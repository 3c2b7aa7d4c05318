package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Comparator;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RankingTest {
    /** Columns by descending value, then from left to right. */
    private static long[] oracle(float[] scores, int rows, int columns, int from, int to) {
        return IntStream.range(0, rows)
                .boxed()
                .flatMapToInt(row -> IntStream.range(0, columns)
                        .boxed()
                        .sorted(Comparator.comparingDouble((Integer c) -> 0.0 - scores[row * columns + c])
                                .thenComparing(c -> c))
                        .mapToInt(c -> c)
                        .skip(from)
                        .limit(to - from))
                .asLongStream()
                .toArray();
    }

    @Property(tries = 400)
    void ranksAreThoseOfASortingOracle(
            @ForAll @IntRange(min = 1, max = 5) int rows,
            @ForAll @IntRange(min = 1, max = 400) int columns,
            @ForAll @IntRange(min = 1, max = 30) int values,
            @ForAll boolean outlier,
            @ForAll long seed) {
        CounterRandom random = CounterRandom.of(seed);
        int from = random.nextInt(columns + 1);
        int to = from + random.nextInt(columns + 1 - from);
        float[] scores = new float[rows * columns];
        for (int i = 0; i < scores.length; i++) {
            // Few values make many ties; many make none.
            scores[i] = values < 25 ? (random.nextInt(values) - values / 2) / 7f : 2 * random.nextFloat() - 1;
        }
        if (outlier) {
            scores[random.nextInt(scores.length)] = -1e6f; // all others share a bucket
        }
        try (Scope scope = Scope.open()) {
            long[] expected = oracle(scores, rows, columns, from, to);
            Tensor table = Tensors.of(scores, rows, columns);
            Tensor ranked = Ranking.columns(table, from, to);
            assertThat(Tensors.shape(ranked)).containsExactly(rows, to - from);
            assertThat(Tensors.longs(ranked)).isEqualTo(expected);
            if (to > from) {
                for (int limit : new int[] {1, 2000, 5000}) {
                    assertThat(Tensors.longs(Ranking.sorted(table, from, to, limit)))
                            .as("in parts of %d bytes", limit)
                            .isEqualTo(expected);
                    assertThat(Tensors.longs(Ranking.sortedByLibTorch(table, from, to, limit)))
                            .as("LibTorch's sort of %d entries at a time", limit)
                            .isEqualTo(expected);
                }
            }
            assertThat(Tensors.longs(Ranking.columns(table.to(ScalarType.Double), from, to)))
                    .as("LibTorch's sort")
                    .isEqualTo(expected);
        }
    }

    @Test
    void noPartIsTooLargeForABuffer() {
        // 1024 anchors and ImageNet: 2.6 GB for each of two cores.
        long row = 4L * 1_281_167;
        int parts = Ranking.parts(1024, row, Integer.MAX_VALUE);
        assertThat(parts).isEqualTo(3);
        assertThat((1024 + parts - 1) / parts * row).isLessThan(Integer.MAX_VALUE);
        assertThat(Ranking.parts(7, 100, 99)).as("a row each").isEqualTo(7);
        assertThat(Ranking.parts(7, 100, 200)).isEqualTo(4);
        assertThat(Ranking.parts(7, 100, 700)).isEqualTo(1);
    }

    @Test
    void aLongRowAndOneOfEqualEntriesAreRankedToo() {
        int columns = 200_000;
        CounterRandom random = CounterRandom.of(3);
        float[] scores = new float[3 * columns];
        for (int i = 0; i < columns; i++) {
            scores[i] = (float) random.nextGaussian() * 0.1f;
            scores[columns + i] = 0.25f;
            scores[2 * columns + i] = i % 2 == 0 ? 0f : -0f;
        }
        try (Scope scope = Scope.open()) {
            for (int[] window : new int[][] {{0, 20_000}, {2_000, 20_000}, {0, columns}, {columns - 1, columns}}) {
                assertThat(Tensors.longs(Ranking.columns(Tensors.of(scores, 3, columns), window[0], window[1])))
                        .isEqualTo(oracle(scores, 3, columns, window[0], window[1]));
            }
        }
    }

    /** Long enough for a guess from a sample, also where the sample is no fair one. */
    @Property(tries = 60)
    void ranksOfLongRowsAreThoseOfASortingOracle(
            @ForAll @IntRange(min = 8_192, max = 30_000) int columns, @ForAll Spread spread, @ForAll long seed) {
        CounterRandom random = CounterRandom.of(seed);
        float[] scores = new float[2 * columns];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = spread.of(i, columns, random);
        }
        int from = random.nextInt(columns);
        int to = from + 1 + random.nextInt(Math.min(columns - from, 1 + random.nextInt(columns)));
        try (Scope scope = Scope.open()) {
            assertThat(Tensors.longs(Ranking.columns(Tensors.of(scores, 2, columns), from, to)))
                    .isEqualTo(oracle(scores, 2, columns, from, to));
        }
    }

    enum Spread {
        EVEN,
        BELL,
        FEW_VALUES,
        ASCENDING,
        /** What the sample meets is larger than everything else. */
        PERIODIC,
        /** Differences whose inverse is infinite in float32. */
        TINY;

        float of(int i, int columns, CounterRandom random) {
            return switch (this) {
                case EVEN -> random.nextFloat();
                case BELL -> (float) random.nextGaussian();
                case FEW_VALUES -> random.nextInt(3);
                case ASCENDING -> i;
                case PERIODIC -> {
                    long sampled = Math.round((double) (i % columns) * 512 / columns) * columns / 512;
                    yield sampled == i % columns ? 2 + random.nextFloat() : random.nextFloat();
                }
                case TINY -> random.nextInt(5) * 1e-42f;
            };
        }
    }

    /** A diverged anchor makes a row of NaNs, a diverged key a column. */
    @ParameterizedTest
    @ValueSource(ints = {1, 40, 20_000})
    void nansComeLast(int columns) {
        CounterRandom random = CounterRandom.of(columns);
        for (Nans nans : Nans.values()) {
            float[] scores = new float[3 * columns];
            for (int i = 0; i < scores.length; i++) {
                scores[i] = nans.has(i / columns, i % columns) ? Float.NaN : random.nextFloat();
            }
            for (int from : new int[] {0, columns / 3, columns - 1}) {
                for (int to : new int[] {from + 1, columns}) {
                    try (Scope scope = Scope.open()) {
                        assertThat(Tensors.longs(Ranking.columns(Tensors.of(scores, 3, columns), from, to)))
                                .as("%s, ranks %d … %d", nans, from, to)
                                .isEqualTo(oracle(scores, 3, columns, from, to));
                    }
                }
            }
        }
    }

    enum Nans {
        A_ROW,
        A_COLUMN,
        EVERY_OTHER_ENTRY,
        ALL;

        boolean has(int row, int column) {
            return switch (this) {
                case A_ROW -> row == 1;
                case A_COLUMN -> column == 0;
                case EVERY_OTHER_ENTRY -> column % 2 == 1;
                case ALL -> true;
            };
        }
    }

    @Test
    void noRanksAreAnEmptyTableOfColumns() {
        try (Scope scope = Scope.open()) {
            for (ScalarType type : new ScalarType[] {ScalarType.Float, ScalarType.Double}) {
                for (int rank : new int[] {0, 2, 3}) {
                    Tensor ranked =
                            Ranking.columns(Tensors.of(new float[6], 2, 3).to(type), rank, rank);
                    assertThat(Tensors.shape(ranked)).containsExactly(2, 0);
                    assertThat(ranked.scalar_type().intern()).isEqualTo(ScalarType.Long);
                }
            }
        }
    }

    @Test
    void aTransposedTableIsReadInItsOwnOrder() {
        try (Scope scope = Scope.open()) {
            Tensor table = Tensors.of(new float[] {1, 6, 2, 5, 3, 4}, 3, 2).t();
            assertThat(Tensors.longs(Ranking.columns(table, 0, 2))).containsExactly(2, 1, 0, 1);
        }
    }
}
