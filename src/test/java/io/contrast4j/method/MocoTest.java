package io.contrast4j.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.data.Chance;
import io.contrast4j.data.UnMix;
import io.contrast4j.dist.Distributed;
import io.contrast4j.dist.ThreadRanks;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.nn.Networks;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The losses of MoCo's further queries, against the softmax over keys written out in Java. */
class MocoTest {
    private static final int PICTURES = 5;
    private static final int SIDE = 6;
    private static final int DIM = 4;
    private static final int ROWS = 7;
    private static final double TEMPERATURE = 0.3;

    /** The unit rows of W·pixels: an encoder that a few lines of Java can follow. */
    private record Linear(Module module, Tensor weights) implements Backbone {
        static Linear of(Arena arena, int seed) {
            torch.manual_seed(seed);
            return arena.own(
                    () -> new Linear(new Module(), torch.randn(SIDE * SIDE, DIM).to(ScalarType.Double)));
        }

        @Override
        public Set<String> taps() {
            return Set.of(EMBEDDING);
        }

        @Override
        public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
            Tensor pixels = images.reshape(images.size(0), SIDE * SIDE);
            return Map.of(EMBEDDING, Tensors.unitRows(pixels.matmul(weights)));
        }

        double[][] rows(Tensor images) {
            return table(embed(images));
        }
    }

    private static double[][] table(Tensor rows) {
        double[][] table = new double[(int) rows.size(0)][];
        for (int i = 0; i < table.length; i++) {
            table[i] = Tensors.doubles(rows.select(0, i));
        }
        return table;
    }

    /** mean_i −log( exp(q_i·k_i/τ) / (exp(q_i·k_i/τ) + Σ_j exp(q_i·n_j/τ)) ). */
    private static double loss(double[][] queries, double[][] keys, double[][] negatives) {
        double sum = 0;
        for (int i = 0; i < queries.length; i++) {
            double positive = Math.exp(dot(queries[i], keys[i]) / TEMPERATURE);
            double all = positive;
            for (double[] negative : negatives) {
                all += Math.exp(dot(queries[i], negative) / TEMPERATURE);
            }
            sum -= Math.log(positive / all);
        }
        return sum / queries.length;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int d = 0; d < a.length; d++) {
            sum += a[d] * b[d];
        }
        return sum;
    }

    private static Tensor images(int seed) {
        torch.manual_seed(seed);
        return torch.randn(PICTURES, 1, SIDE, SIDE).to(ScalarType.Double);
    }

    /** What a test sees: the loss of views, and what it is made of. */
    private interface Check {
        void of(Method.Output output, Linear online, Linear keys, double[][] queue);
    }

    private static void check(boolean symmetric, Optional<UnMix> unMix, List<Tensor> views, Check check) {
        try (Arena arena = new Arena()) {
            Linear online = Linear.of(arena, 1);
            Linear keys = Linear.of(arena, 2);
            MomentumEncoder momentum = new MomentumEncoder(
                    new MomentumEncoder.Config(0.5, MomentumEncoder.Buffers.OWN), online, () -> keys);
            FeatureQueue queue = new FeatureQueue.Config(ROWS).build(50, DIM, ScalarType.Double, Tensors.device("cpu"));
            Moco.Config config =
                    new Moco.Config(0.5, MomentumEncoder.Buffers.OWN, Moco.Update.AFTER_STEP, 1, symmetric, unMix);
            InfoNce objective = new InfoNce(new InfoNce.Config(TEMPERATURE));
            try (Moco moco = new Moco(config, online, momentum, queue, new AllRows(), objective)) {
                Tensor none = Tensors.zeros(ScalarType.Long, PICTURES);
                check.of(
                        moco.forward(new Method.Input(views, none, none), Combination.at(3)),
                        online,
                        keys,
                        table(queue.keys()));
            }
        }
    }

    /** Blended over the whole picture with probability 1, with a box pasted with probability 0. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 1})
    void mixedQueriesCountByTheirShares(double globalProbability) {
        try (Scope scope = Scope.open()) {
            UnMix unMix = new UnMix(1, globalProbability);
            Tensor x = images(3);
            Tensor other = images(4);
            check(false, Optional.of(unMix), List.of(x, other), (output, online, keys, queue) -> {
                Tensor mixed = unMix.mix(x, Chance.of(Combination.at(3).draws().mixing()))
                        .images();
                double share = share(x, mixed, globalProbability == 1);
                double[][] k = keys.rows(other);
                double expected = loss(online.rows(x), k, queue)
                        + share * loss(online.rows(mixed), k, queue)
                        + (1 - share) * loss(online.rows(mixed.flip(0)), k, queue);
                assertThat(share).isStrictlyBetween(0.0, 1.0);
                assertThat(Tensors.scalar(output.loss().total())).isCloseTo(expected, within(1e-12));
                // Nothing mixed enters the queue.
                assertThat(output.keys()).hasSize(1);
                assertThat(table(output.keys().get(0))).isDeepEqualTo(k);
            });
        }
    }

    /** λ read off the pixels: of a blend x_m = λ·x + (1 − λ)·reverse(x), of a paste the share of pixels left as they were. */
    private static double share(Tensor x, Tensor mixed, boolean isBlend) {
        double[] own = Tensors.doubles(x.select(0, 0));
        double[] reverse = Tensors.doubles(x.select(0, PICTURES - 1));
        double[] seen = Tensors.doubles(mixed.select(0, 0));
        if (!isBlend) {
            long left = 0;
            for (int i = 0; i < own.length; i++) {
                assertThat(seen[i]).isIn(own[i], reverse[i]);
                left += seen[i] == own[i] ? 1 : 0;
            }
            return (double) left / own.length;
        }
        double share = (seen[0] - reverse[0]) / (own[0] - reverse[0]);
        for (int i = 0; i < own.length; i++) {
            assertThat(seen[i]).isCloseTo(share * own[i] + (1 - share) * reverse[i], within(1e-9));
        }
        return share;
    }

    @Test
    void theSymmetricLossHasBothDirections() {
        try (Scope scope = Scope.open()) {
            Tensor a = images(3);
            Tensor b = images(4);
            check(true, Optional.empty(), List.of(a, b), (output, online, keys, queue) -> {
                double expected = loss(online.rows(a), keys.rows(b), queue) + loss(online.rows(b), keys.rows(a), queue);
                assertThat(Tensors.scalar(output.loss().total())).isCloseTo(expected, within(1e-12));
                double[][] both = new double[2 * PICTURES][];
                System.arraycopy(keys.rows(b), 0, both, 0, PICTURES);
                System.arraycopy(keys.rows(a), 0, both, PICTURES, PICTURES);
                assertThat(table(output.keys().get(0))).isDeepEqualTo(both);
            });
        }
    }

    @Test
    void localCropsAreFurtherQueriesOfTheSameKey() {
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(images(3), images(4), images(5), images(6));
            check(false, Optional.empty(), views, (output, online, keys, queue) -> {
                double[][] k = keys.rows(views.get(1));
                double mean = Arrays.stream(new int[] {0, 2, 3})
                        .mapToDouble(view -> loss(online.rows(views.get(view)), k, queue))
                        .average()
                        .orElseThrow();
                assertThat(Tensors.scalar(output.loss().total())).isCloseTo(mean, within(1e-12));
            });
        }
    }

    @Test
    void shardsThatCannotBeDealtOutAreRefused() {
        Combination two = Combination.of("moco-shards", "two-crops", "resnet", "queue", "all", "infonce");
        assertThatThrownBy(() -> ThreadRanks.run(3, ranks -> {
                    Method.Setting setting = new Method.Setting(
                            9, 2, ScalarType.Float, Tensors.device("cpu"), ranks, Distributed.byEnvironment());
                    return two.method().build(new Networks(new Module(), List.of()), two.parts(), setting);
                }))
                .isInstanceOf(UserError.class)
                .hasMessage(
                        "method.shards = 2 cannot be dealt out to 3 processes; use 1, where each process is a shard, or"
                                + " a multiple of 3.");
    }
}
