package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.objective.Scores;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

class UniformSampleTest {
    @Property(tries = 100)
    void scoresAreInnerProductsWithTheDrawnRows(
            @ForAll @IntRange(min = 1, max = 7) int n,
            @ForAll @IntRange(min = 1, max = 6) int dim,
            @ForAll @IntRange(min = 1, max = 5) int batch,
            @ForAll @IntRange(min = 1, max = 9) int count,
            @ForAll long seed) {
        CounterRandom random = CounterRandom.of(seed);
        double[] features = random.doubles((long) batch * dim, -1, 1).toArray();
        long[] own = random.longs(batch, 0, n).toArray();
        long[] drawn = random.longs((long) batch * count, 0, n).toArray();
        try (Scope scope = Scope.open();
                MemoryBank bank =
                        new MemoryBank(new MemoryBank.Config(0.5), n, dim, ScalarType.Double, Tensors.device("cpu"))) {
            double[] rows = Tensors.doubles(bank.keys());
            Tensor leaf = Tensors.of(features, batch, dim).set_requires_grad(true);
            StepContext at = new StepContext(0, 1, 1, (r, c, items) -> {
                assertThat(items).isEqualTo(n);
                return Tensors.of(drawn, r, c);
            });

            Scores scores = new UniformSample(count)
                    .select(new Anchor("l", leaf, Optional.empty(), Tensors.of(own, batch)), bank, at);

            assertThat(scores.pair()).isEqualTo("l");
            assertThat(scores.population()).isEqualTo(n);
            assertThat(scores.count()).isEqualTo(count);
            assertThat(Tensors.shape(scores.positive())).containsExactly(batch, 1);
            assertThat(Tensors.shape(scores.negatives())).containsExactly(batch, count);
            assertThat(Tensors.doubles(scores.positive()))
                    .containsExactly(
                            IntStream.range(0, batch)
                                    .mapToDouble(b -> dot(rows, (int) own[b], features, b, dim))
                                    .toArray(),
                            within(1e-12));
            assertThat(Tensors.doubles(scores.negatives()))
                    .containsExactly(
                            IntStream.range(0, batch * count)
                                    .mapToDouble(i -> dot(rows, (int) drawn[i], features, i / count, dim))
                                    .toArray(),
                            within(1e-12));

            // The gradient of the sum of all scores is the sum of the rows, those drawn twice counting twice.
            scores.positive().sum().add(scores.negatives().sum()).backward();
            double[] gradient = new double[batch * dim];
            for (int b = 0; b < batch; b++) {
                for (int d = 0; d < dim; d++) {
                    gradient[b * dim + d] = rows[(int) own[b] * dim + d];
                    for (int k = 0; k < count; k++) {
                        gradient[b * dim + d] += rows[(int) drawn[b * count + k] * dim + d];
                    }
                }
            }
            assertThat(Tensors.doubles(leaf.grad())).containsExactly(gradient, within(1e-12));
        }
    }

    private static double dot(double[] rows, int row, double[] features, int anchor, int dim) {
        return IntStream.range(0, dim)
                .mapToDouble(d -> rows[row * dim + d] * features[anchor * dim + d])
                .sum();
    }
}
