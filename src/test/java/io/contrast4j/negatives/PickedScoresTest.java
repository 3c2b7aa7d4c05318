package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PickedScoresTest {
    /** The published way: a table of all picked rows. */
    private static Tensor naive(Tensor features, Tensor rows, Tensor picked) {
        return rows.index_select(0, picked.reshape(-1))
                .view(picked.size(0), picked.size(1), rows.size(1))
                .bmm(features.unsqueeze(2))
                .squeeze(2);
    }

    @Property(tries = 150)
    void allWaysGiveTheNaiveScoresAndGradients(
            @ForAll @IntRange(min = 1, max = 9) int n,
            @ForAll @IntRange(min = 1, max = 17) int dim,
            @ForAll @IntRange(min = 1, max = 5) int batch,
            @ForAll @IntRange(min = 1, max = 23) int count,
            @ForAll boolean single,
            @ForAll long seed) {
        CounterRandom random = CounterRandom.of(seed);
        ScalarType type = single ? ScalarType.Float : ScalarType.Double;
        double tolerance = single ? 1e-5 : 1e-12;
        try (Scope scope = Scope.open()) {
            Tensor rows = Tensors.of(random.doubles((long) n * dim, -1, 1).toArray(), n, dim)
                    .to(type);
            // More picks than rows: repetitions are the rule.
            Tensor picked = Tensors.of(random.longs((long) batch * count, 0, n).toArray(), batch, count);
            Tensor weight = Tensors.of(
                            random.doubles((long) batch * count, -1, 1).toArray(), batch, count)
                    .to(type);
            // Features that are not contiguous, as those of a view of a larger table.
            Tensor values = Tensors.of(random.doubles((long) batch * dim, -1, 1).toArray(), dim, batch)
                    .to(type);
            Tensor expectedLeaf = values.t().detach().set_requires_grad(true);
            Tensor expected = naive(expectedLeaf, rows, picked);
            expected.mul(expected).mul(weight).sum().backward();
            for (PickedScores way : PickedScores.values()) {
                Tensor leaf = values.t().detach().set_requires_grad(true);
                Tensor scores = way.of(leaf, rows, picked);
                assertThat(Tensors.doubles(scores))
                        .as("%s scores", way)
                        .containsExactly(Tensors.doubles(expected), within(tolerance));
                scores.mul(scores).mul(weight).sum().backward();
                assertThat(Tensors.doubles(leaf.grad()))
                        .as("%s gradient", way)
                        .containsExactly(Tensors.doubles(expectedLeaf.grad()), within(10 * count * tolerance));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(PickedScores.class)
    void pickedRowsAreNotAllInMemoryAtATime(PickedScores way) {
        try (Scope scope = Scope.open()) {
            int batch = 16;
            int count = 16_384;
            int dim = 256; // all picked rows would take 268 MB
            Tensor rows = torch.ones(1000, dim);
            Tensor picked = Tensors.of(
                    CounterRandom.of(1).longs((long) batch * count, 0, 1000).toArray(), batch, count);
            Tensor features = torch.ones(batch, dim).set_requires_grad(true);
            way.of(features, rows, picked.narrow(1, 0, 100)).sum().backward(); // loads what is needed
            long before = Pointer.physicalBytes();
            Tensor scores = way.of(features, rows, picked);
            assertThat(Pointer.physicalBytes() - before).as("%s", way).isLessThan(100L << 20);
            scores.sum().backward();
            assertThat(Tensors.doubles(features.grad())[0]).isCloseTo(count + 100, within(1e-3));
        }
    }

    @ParameterizedTest
    @EnumSource(PickedScores.class)
    void aStepLeavesNothingBehind(PickedScores way) {
        long after = 0;
        try (Scope outer = Scope.open()) {
            Tensor picked = Tensors.zeros(ScalarType.Long, 16, 4096); // 256 kB of scores in each step
            for (int step = 0; step < 600; step++) {
                try (Scope scope = Scope.open()) {
                    Tensor features = torch.ones(16, 8).set_requires_grad(true);
                    way.of(features, torch.ones(10, 8), picked).sum().backward();
                }
                if (step == 99) {
                    after = Pointer.physicalBytes();
                }
            }
        }
        assertThat(Pointer.physicalBytes() - after).as("%s", way).isLessThan(60L << 20);
    }
}
