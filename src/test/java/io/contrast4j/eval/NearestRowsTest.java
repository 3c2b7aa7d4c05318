package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class NearestRowsTest {
    /** Small whole numbers: products are exact, whatever the order of the sums, and very many are equal. */
    private static Tensor whole(int rows, int dim, int range, long... seed) {
        CounterRandom random = CounterRandom.of(seed);
        float[] values = new float[rows * dim];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(2 * range + 1) - range;
        }
        return Tensors.of(values, rows, dim);
    }

    /** LibTorch's: the first k of a stable sort, and the values of its topk. */
    private static void requirePlain(Tensor products, int k, Tensor values, Tensor rows) {
        Tensor order = products.sort(new BoolOptional(true), 1, true).get1().narrow(1, 0, k);
        assertThat(Tensors.longs(rows)).isEqualTo(Tensors.longs(order));
        assertThat(Tensors.floats(values))
                .isEqualTo(Tensors.floats(products.topk(k, 1, true, true).get0().add(Tensors.scalar(0))));
    }

    @Property(tries = 120)
    void itIsTheStartOfAStableSort(
            @ForAll @IntRange(min = 1, max = 40) int queries,
            @ForAll @IntRange(min = 1, max = 6000) int known,
            @ForAll @IntRange(min = 1, max = 6) int dim,
            @ForAll @IntRange(min = 0, max = 4) int range,
            @ForAll @IntRange(min = 1, max = 300) int most,
            @ForAll long seed) {
        int k = Math.min(most, known);
        try (Scope scope = Scope.open()) {
            Tensor asked = whole(queries, dim, range, seed, 0);
            Tensor table = whole(known, dim, range, seed, 1);
            NearestRows.Found found = NearestRows.of(asked, table, k, OptionalLong.empty());
            requirePlain(asked.mm(table.t()), k, found.products(), found.rows());
        }
    }

    @Property(tries = 60)
    void leftOutOfItsOwnNeighbours(
            @ForAll @IntRange(min = 2, max = 2500) int known,
            @ForAll @IntRange(min = 1, max = 3) int range,
            @ForAll @IntRange(min = 1, max = 50) int most,
            @ForAll long seed) {
        int k = Math.min(most, known - 1);
        try (Scope scope = Scope.open()) {
            Tensor table = whole(known, 3, range, seed);
            Tensor products = table.mm(table.t()).fill_diagonal_(Tensors.scalar(Double.NEGATIVE_INFINITY));
            long[] next = {0};
            NearestRows.amongOthers(table, table, k, (first, found) -> {
                assertThat(first).isEqualTo(next[0]);
                next[0] += found.rows().size(0);
                requirePlain(products.narrow(0, first, found.rows().size(0)), k, found.products(), found.rows());
            });
            assertThat(next[0]).isEqualTo(known);
        }
    }

    @Test
    void ofRealNumbersTheProductsAreThoseOfItsTiles() {
        // All products are of one tile, so that they are the same to the bit.
        try (Scope scope = Scope.open()) {
            torch.manual_seed(3);
            Tensor asked = torch.randn(200, 128);
            Tensor table = torch.randn(2000, 128);
            NearestRows.Found found = NearestRows.of(asked, table, 150, OptionalLong.empty());
            Tensor picked = asked.mm(table.t()).gather(1, found.rows());
            assertThat(picked.sub(found.products()).abs().max().item_double()).isLessThan(1e-4);
            assertThat(Tensors.scalar(
                            found.products().diff().gt(Tensors.scalar(0)).sum()))
                    .isZero();
        }
    }

    @Test
    void sortedTablesAreTheWorstAndRightAllTheSame() {
        // Every row is nearer than all before it, so that none is ever out at once.
        int n = 20_000;
        try (Scope scope = Scope.open()) {
            float[] rising = new float[n];
            IntStream.range(0, n).forEach(i -> rising[i] = i);
            Tensor table = Tensors.of(rising, n, 1);
            NearestRows.Found found =
                    NearestRows.of(Tensors.of(new float[] {1, -1, 0}, 3, 1), table, 3, OptionalLong.empty());
            assertThat(Tensors.longs(found.rows())).containsExactly(n - 1, n - 2, n - 3, 0, 1, 2, 0, 1, 2);
        }
    }

    @Test
    void whatIsNoNumberComesFirstAndInfinityIsANumber() {
        float nan = Float.NaN;
        float inf = Float.POSITIVE_INFINITY;
        try (Scope scope = Scope.open()) {
            float[] values = new float[5000];
            values[4000] = nan;
            values[4500] = inf;
            values[4600] = nan;
            values[10] = -inf;
            Tensor table = Tensors.of(values, 5000, 1);
            NearestRows.Found found = NearestRows.of(Tensors.of(new float[] {1}, 1, 1), table, 5, OptionalLong.empty());
            assertThat(Tensors.longs(found.rows())).containsExactly(4000, 4600, 4500, 0, 1);
        }
    }

    @Test
    void otherTypesAreSorted() {
        try (Scope scope = Scope.open()) {
            Tensor asked = whole(7, 3, 2, 1).to(ScalarType.Double);
            Tensor table = whole(300, 3, 2, 2).to(ScalarType.Double);
            NearestRows.Found found = NearestRows.of(asked, table, 20, OptionalLong.empty());
            requirePlain(asked.mm(table.t()), 20, found.products(), found.rows());
        }
    }

    @Test
    void whatIsSortedInPartsIsTheSame() {
        try (Scope scope = Scope.open()) {
            Tensor table = whole(50, 3, 2, 3);
            for (OptionalLong own : List.of(OptionalLong.empty(), OptionalLong.of(4))) {
                Tensor asked = table.narrow(0, 4, 21);
                NearestRows.Found whole = NearestRows.of(asked, table, 20, own);
                for (long limit : new long[] {1, 130, 21 * 50}) {
                    NearestRows.Found parts = NearestRows.sorted(asked, table, 20, own, limit);
                    assertThat(Tensors.longs(parts.rows())).isEqualTo(Tensors.longs(whole.rows()));
                    assertThat(Tensors.floats(parts.products())).isEqualTo(Tensors.floats(whole.products()));
                }
            }
        }
    }

    @Test
    void moreThanThereAreIsAnError() {
        try (Scope scope = Scope.open()) {
            Tensor table = whole(5, 3, 2, 2);
            assertThatThrownBy(() -> NearestRows.of(table, table, 5, OptionalLong.of(0)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
