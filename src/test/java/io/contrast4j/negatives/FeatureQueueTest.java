package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class FeatureQueueTest {
    private static final int ITEMS = 1000;

    private static FeatureQueue queue(int size, long dim) {
        return new FeatureQueue(new FeatureQueue.Config(size), ITEMS, dim, ScalarType.Double, Tensors.device("cpu"));
    }

    private static Tensor someItems(int batch) {
        return Tensors.of(new long[batch], batch);
    }

    @Property(tries = 200)
    void itHoldsWhatAPlainRingBufferHolds(
            @ForAll @IntRange(min = 1, max = 12) int size,
            @ForAll @IntRange(min = 1, max = 4) int dim,
            @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 1, max = 30) Integer> batches,
            @ForAll long seed) {
        CounterRandom random = CounterRandom.of(seed);
        try (Scope scope = Scope.open();
                FeatureQueue queue = queue(size, dim)) {
            double[] expected = Tensors.doubles(queue.keys());
            int[] writtenAfter = new int[size];
            int position = 0;
            int commits = 0;
            for (int batch : batches) {
                double[] features = random.doubles((long) batch * dim, -1, 1).toArray();
                queue.commit(Tensors.of(features, batch, dim).set_requires_grad(true), someItems(batch));
                commits++;
                for (int b = 0; b < batch; b++) {
                    System.arraycopy(features, b * dim, expected, position * dim, dim);
                    writtenAfter[position] = commits;
                    position = (position + 1) % size;
                }
            }
            assertThat(Tensors.doubles(queue.keys())).isEqualTo(expected);
            assertThat(queue.position()).isEqualTo(position);
            int now = commits;
            assertThat(queue.age())
                    .isCloseTo(
                            Arrays.stream(writtenAfter)
                                    .map(then -> now - then)
                                    .average()
                                    .orElseThrow(),
                            within(1e-12));
            assertThat(queue.keys().requires_grad()).isFalse();
            assertThat(queue.rowsOf(someItems(1))).isEmpty();
            assertThat(queue.population()).isEqualTo(ITEMS);
        }
    }

    @Test
    void aRestoredQueueContinuesToTheSameBits() {
        try (Scope scope = Scope.open();
                FeatureQueue trained = queue(5, 3);
                FeatureQueue resumed = queue(5, 3)) {
            trained.commit(torch.randn(4, 3), someItems(4));
            resumed.restore(trained.state(), "file");
            Tensor features = torch.randn(3, 3);
            trained.commit(features, someItems(3));
            assertThat(Tensors.doubles(resumed.keys()))
                    .as("the two share no memory")
                    .isNotEqualTo(Tensors.doubles(trained.keys()));
            resumed.commit(features, someItems(3));
            assertThat(Tensors.doubles(resumed.keys())).isEqualTo(Tensors.doubles(trained.keys()));
            assertThat(resumed.position()).isEqualTo(2);
            assertThat(resumed.age()).isEqualTo(trained.age());
        }
    }

    @Test
    void aQueueIsReadInBothLayouts() {
        try (Scope scope = Scope.open();
                FeatureQueue upright = queue(5, 3);
                FeatureQueue across = queue(5, 3)) {
            Tensor rows = torch.randn(5, 3);
            upright.restore(Map.of("queue", rows, "position", 4L), "file");
            across.restore(Map.of("queue", rows.t(), "position", 4L), "file");
            assertThat(Tensors.doubles(upright.keys())).isEqualTo(Tensors.doubles(rows));
            assertThat(Tensors.doubles(across.keys())).isEqualTo(Tensors.doubles(rows));
            assertThat(across.position()).isEqualTo(4);
            assertThat(across.age()).isZero();
        }
    }

    @Test
    void aStateOfSomethingElseIsRefused() {
        try (Scope scope = Scope.open();
                FeatureQueue queue = queue(5, 3)) {
            double[] before = Tensors.doubles(queue.keys());
            Tensor rows = torch.randn(5, 3);
            for (Map<String, Object> bad : List.<Map<String, Object>>of(
                    Map.of("queue", rows), Map.of("queue", rows, "position", 5L), Map.of("memory", rows))) {
                assertThatThrownBy(() -> queue.restore(bad, "a.pth"))
                        .isInstanceOf(UserError.class)
                        .hasMessage("a.pth has no write position of a queue of 5 features; use the store it was"
                                + " trained with.");
            }
            assertThatThrownBy(() -> queue.restore(Map.of("queue", torch.randn(6, 3), "position", 0L), "a.pth"))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("queue is 6×3 there and 5×3 here");
            assertThat(Tensors.doubles(queue.keys())).isEqualTo(before);
        }
    }

    @Test
    void aQueueWithoutRoomIsRefused() {
        assertThatThrownBy(() -> new FeatureQueue.Config(0))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("size = 0 must be at least 1");
    }

    @Test
    void allRowsAreScoredInTheirOrderAndNoneIsCopied() {
        try (Scope scope = Scope.open();
                FeatureQueue queue = queue(4, 2)) {
            Tensor features = Tensors.of(new double[] {1, 2}, 1, 2).set_requires_grad(true);
            Tensor key = Tensors.of(new double[] {3, 5}, 1, 2);
            var scores = new AllRows()
                    .select(
                            new Anchor("q", features, Optional.of(key), someItems(1)),
                            queue,
                            new StepContext(0, 1, 1, Draws.keyed(1, 0)));
            double[] rows = Tensors.doubles(queue.keys());
            double[] expected = new double[4];
            for (int k = 0; k < 4; k++) {
                expected[k] = rows[2 * k] + 2 * rows[2 * k + 1];
            }
            assertThat(Tensors.doubles(scores.negatives())).containsExactly(expected, within(1e-12));
            assertThat(Tensors.doubles(scores.positive())).containsExactly(13);
            assertThat(scores.denominator()).isEqualTo(io.contrast4j.objective.Scores.Denominator.ALL);
        }
    }
}
