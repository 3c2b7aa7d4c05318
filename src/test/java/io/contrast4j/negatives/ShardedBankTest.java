package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.dist.Alone;
import io.contrast4j.dist.Ranks;
import io.contrast4j.dist.ThreadRanks;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A bank whose rows are dealt out to several ranks against one that has them all. */
class ShardedBankTest {
    private static final int DIM = 6;
    private static final int ROWS = 3;
    private static final int PICKS = 7;
    private static final MemoryBank.Config CONFIG = new MemoryBank.Config(0.5);

    /** Synchronised: threads share LibTorch's generator. */
    private static synchronized NegativeStore bank(Ranks ranks, int n) {
        torch.manual_seed(3);
        return ranks.world().isAlone()
                ? CONFIG.build(n, DIM, ScalarType.Double, Tensors.device("cpu"))
                : new ShardedBank(CONFIG, n, DIM, ScalarType.Double, Tensors.device("cpu"), ranks);
    }

    private static Tensor features(int rows, int seed) {
        double[] values = new double[rows * DIM];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.sin(i * 0.61 + seed);
        }
        return Tensors.unitRows(Tensors.of(values, rows, DIM));
    }

    private static Tensor positions(int n, int seed, int... shape) {
        int size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        long[] positions = new long[size];
        for (int i = 0; i < size; i++) {
            positions[i] = (5L * i + seed) * 7 % n;
        }
        return Tensors.of(positions, Arrays.stream(shape).asLongStream().toArray());
    }

    /** All that can be asked of a bank, after two commits of the features of all ranks, one of an item that comes twice. */
    private static Map<String, double[]> answers(NegativeStore bank, int n, int rank, int size) {
        Map<String, double[]> answers = new TreeMap<>();
        for (int step = 0; step < 2; step++) {
            long[] items = Tensors.longs(positions(n, step, ROWS * size));
            items[items.length - 1] = items[0];
            bank.commit(features(ROWS * size, step), Tensors.of(items, items.length));
        }
        Rows rows = bank.rows();
        assertThat(rows.count()).isEqualTo(n);
        assertThat(bank.population()).isEqualTo(n);
        answers.put("all", Tensors.doubles(rows.all()));
        answers.put("some", Tensors.doubles(rows.some(positions(n, 2, 5))));
        answers.put("own", Tensors.doubles(bank.rowsOf(positions(n, rank, ROWS)).orElseThrow()));

        Tensor x = features(ROWS, 10 + rank).requires_grad_(true);
        Tensor products = rows.products(x);
        products.mul(products.detach().cos()).exp().sum().backward();
        answers.put("products", Tensors.doubles(products));
        answers.put("gradient", Tensors.doubles(x.grad()));

        Tensor y = features(ROWS, 20 + rank).requires_grad_(true);
        Tensor picked = rows.products(y, positions(n, rank, ROWS, PICKS));
        picked.mul(picked.detach().cos()).exp().sum().backward();
        answers.put("picked", Tensors.doubles(picked));
        answers.put("gradient of picked", Tensors.doubles(y.grad()));
        return answers;
    }

    /** Banks that all ranks have equal parts of, and others; and one with a rank that has no rows at all. */
    @ParameterizedTest
    @CsvSource({"2, 24", "3, 25", "4, 9", "4, 4", "2, 1"})
    void itGivesTheAnswersOfTheWhole(int size, int n) {
        List<Map<String, double[]>> ranks = ThreadRanks.run(size, own -> {
            try (NegativeStore bank = bank(own, n)) {
                return answers(bank, n, own.world().rank(), size);
            }
        });
        try (Scope scope = Scope.open()) {
            for (int rank = 0; rank < size; rank++) {
                Map<String, double[]> here = ranks.get(rank);
                try (NegativeStore bank = bank(new Alone(), n)) {
                    answers(bank, n, rank, size)
                            .forEach((name, values) ->
                                    assertThat(here.get(name)).as(name).containsExactly(values, within(1e-14)));
                }
            }
        }
    }

    @Test
    void itsStateIsThatOfAnyNumberOfRanks() {
        int n = 11;
        double[] whole = new double[n * DIM];
        Arrays.setAll(whole, i -> i * 0.25);
        List<double[]> saved = ThreadRanks.run(2, own -> {
            try (NegativeStore bank = bank(own, n)) {
                bank.restore(Map.of("memory", Tensors.of(whole, n, DIM)), "the test");
                bank.assemble();
                return Tensors.doubles((Tensor) bank.state().get("memory"));
            }
        });
        // Rank 0 has the whole, the other its own rows only.
        assertThat(saved.get(0)).containsExactly(whole);
        assertThat(saved.get(1)).hasSize(6 * DIM);
        List<double[]> moved = ThreadRanks.run(3, own -> {
            try (NegativeStore bank = bank(own, n)) {
                bank.restore(Map.of("memory", Tensors.of(saved.get(0), n, DIM)), "the test");
                return Tensors.doubles(bank.rows().all());
            }
        });
        assertThat(moved).allSatisfy(values -> assertThat(values).containsExactly(whole));
    }

    /** Neither before anything was assembled, nor after a change. */
    @Test
    void aPartIsNotHandedOutForTheWhole() {
        int n = 11;
        ThreadRanks.run(2, own -> {
            try (NegativeStore bank = bank(own, n)) {
                if (own.world().isFirst()) {
                    assertThatThrownBy(bank::state).isInstanceOf(IllegalStateException.class);
                }
                bank.assemble();
                assertThat(bank.state()).containsKey("memory");
                bank.commit(features(2, 1), positions(n, 0, 2));
                if (own.world().isFirst()) {
                    assertThatThrownBy(bank::state).hasMessageContaining("before it was assembled");
                }
                return true;
            }
        });
    }

    @Test
    void theStateOfAnotherBankIsRefused() {
        assertThatThrownBy(() -> ThreadRanks.run(2, own -> {
                    try (NegativeStore bank = bank(own, 10)) {
                        bank.restore(Map.of("memory", features(9, 1)), "a.pth");
                        return true;
                    }
                }))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("a.pth is of another architecture");
    }
}
