package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class MemoryBankTest {
    private static MemoryBank bank(double momentum, long n, long dim) {
        return new MemoryBank(new MemoryBank.Config(momentum), n, dim, ScalarType.Double, Tensors.device("cpu"));
    }

    @Property(tries = 100)
    void rowsFollowTheFeaturesOfTheirItems(
            @ForAll @IntRange(min = 1, max = 6) int n,
            @ForAll @IntRange(min = 1, max = 5) int dim,
            @ForAll @IntRange(min = 1, max = 9) int batch,
            @ForAll @DoubleRange(min = 0, max = 1) double momentum,
            @ForAll long seed) {
        CounterRandom random = CounterRandom.of(seed);
        // More places in the batch than items: repetitions are the rule.
        long[] items = random.longs(batch, 0, n).toArray();
        double[] features = random.doubles((long) batch * dim, -1, 1).toArray();
        try (Scope scope = Scope.open();
                MemoryBank bank = bank(momentum, n, dim)) {
            double[] before = Tensors.doubles(bank.keys());
            Tensor keys = Tensors.of(features, batch, dim).set_requires_grad(true);

            bank.commit(keys, Tensors.of(items, batch));

            double[] expected = before.clone();
            for (int b = 0; b < batch; b++) {
                double[] mixed = new double[dim];
                double square = 0;
                for (int d = 0; d < dim; d++) {
                    // From the rows as they were: an earlier occurrence in the batch leaves no trace.
                    mixed[d] = momentum * before[(int) items[b] * dim + d] + (1 - momentum) * features[b * dim + d];
                    square += mixed[d] * mixed[d];
                }
                for (int d = 0; d < dim; d++) {
                    expected[(int) items[b] * dim + d] = mixed[d] / Math.sqrt(square);
                }
            }
            assertThat(Tensors.doubles(bank.keys())).containsExactly(expected, within(1e-9));
            assertThat(bank.keys().requires_grad()).isFalse();
        }
    }

    @Test
    void updatedRowsAreUnitVectors() {
        try (Scope scope = Scope.open();
                MemoryBank bank = bank(0.5, 50, 16)) {
            long[] items = {4, 9, 4, 30};
            bank.commit(torch.randn(4, 16), Tensors.of(items, 4));
            double[] rows = Tensors.doubles(bank.keys());
            for (long item : items) {
                double square = Arrays.stream(rows, (int) item * 16, (int) item * 16 + 16)
                        .map(x -> x * x)
                        .sum();
                assertThat(square).isCloseTo(1, within(1e-9));
            }
        }
    }

    @Test
    void aRowWithoutDirectionStaysZero() {
        try (Scope scope = Scope.open();
                MemoryBank bank = bank(0.5, 3, 4)) {
            bank.keys().zero_();
            bank.commit(Tensors.zeros(ScalarType.Double, 1, 4), Tensors.of(new long[] {1}, 1));
            assertThat(Tensors.doubles(bank.keys())).containsOnly(0);
        }
    }

    @Test
    void itStartsUniformWithRowsOfLengthOneInTheMean() {
        try (Scope scope = Scope.open()) {
            torch.manual_seed(3);
            try (MemoryBank bank = bank(0.5, 2000, 12)) {
                double bound = 1 / Math.sqrt(12 / 3.0);
                double[] values = Tensors.doubles(bank.keys());
                assertThat(Arrays.stream(values).max().orElseThrow()).isBetween(0.999 * bound, bound);
                assertThat(Arrays.stream(values).min().orElseThrow()).isBetween(-bound, -0.999 * bound);
                assertThat(Arrays.stream(values).average().orElseThrow()).isCloseTo(0, within(0.01));
                double square = Arrays.stream(values).map(x -> x * x).sum() / 2000;
                assertThat(square).isCloseTo(1, within(0.02));
            }
        }
    }

    @Test
    void aRestoredBankContinuesToTheSameBits() {
        try (Scope scope = Scope.open();
                MemoryBank trained = bank(0.3, 5, 3);
                MemoryBank resumed = bank(0.3, 5, 3)) {
            assertThat(Tensors.doubles(resumed.keys())).isNotEqualTo(Tensors.doubles(trained.keys()));
            resumed.restore(trained.state(), "file");
            assertThat(Tensors.doubles(resumed.keys())).isEqualTo(Tensors.doubles(trained.keys()));

            Tensor features = torch.randn(2, 3);
            Tensor items = Tensors.of(new long[] {4, 0}, 2);
            trained.commit(features, items);
            assertThat(Tensors.doubles(resumed.keys()))
                    .as("the two share no memory")
                    .isNotEqualTo(Tensors.doubles(trained.keys()));
            resumed.commit(features, items);
            assertThat(Tensors.doubles(resumed.keys())).isEqualTo(Tensors.doubles(trained.keys()));
        }
    }

    @Test
    void aBankOfAnotherSizeIsRefused() {
        try (Scope scope = Scope.open();
                MemoryBank small = bank(0.5, 5, 3);
                MemoryBank large = bank(0.5, 7, 3)) {
            double[] before = Tensors.doubles(small.keys());
            assertThatThrownBy(() -> small.restore(large.state(), "epoch3.pth"))
                    .isInstanceOf(UserError.class)
                    .hasMessageStartingWith("epoch3.pth is of another architecture: memory is 7×3 there and 5×3 here");
            assertThatThrownBy(() -> small.restore(Map.of(), "epoch3.pth")).hasMessageContaining("it has no memory");
            assertThat(Tensors.doubles(small.keys())).isEqualTo(before);
        }
    }

    @Test
    void theStepsThatReadTheBankAreNotChangedByACommit() {
        try (Scope scope = Scope.open();
                MemoryBank bank = bank(0.5, 4, 2)) {
            Tensor features = torch.ones(1, 2).to(ScalarType.Double).set_requires_grad(true);
            double[] row = Tensors.doubles(bank.keys().narrow(0, 0, 1));
            Tensor item = Tensors.of(new long[] {0}, 1);
            Tensor loss = new UniformSample(2)
                    .select(
                            new Anchor("l", features, Optional.empty(), item),
                            bank,
                            new StepContext(0, 1, 1, Draws.keyed(1, 0)))
                    .positive()
                    .sum();
            bank.commit(features.mul(new Scalar(3)), item);
            loss.backward();
            assertThat(Tensors.doubles(features.grad())).isEqualTo(row);
        }
    }
}
