package io.contrast4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.dist.Ranks;
import io.contrast4j.dist.ThreadRanks;
import io.contrast4j.dist.World;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batch norms of several ranks against LibTorch's on the whole batch. */
class SharedNormTest {
    private static final int CHANNELS = 5;
    private static final int ROWS = 12;
    private static final double TOLERANCE = 1e-10;

    private record Norm(Module module, UnaryOperator<Tensor> forward) {}

    private static Norm ofMaps() {
        BatchNorm2dImpl norm = Layers.batchNorm(CHANNELS, 1e-3, 0.3);
        return new Norm(norm, norm::forward);
    }

    private static Norm ofRows() {
        BatchNorm1dImpl norm = BatchNorms.ofRows(new BatchNormOptions(CHANNELS));
        return new Norm(norm, norm::forward);
    }

    /** Far from 0, where careless sums of squares lose their digits. */
    private static Tensor values(long... shape) {
        long size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        double[] values = new double[(int) size];
        for (int i = 0; i < values.length; i++) {
            values[i] = 100 + Math.sin(i * 0.37 + 1) * (1 + i % CHANNELS);
        }
        return Tensors.of(values, shape);
    }

    /** Two steps, whose loss weighs each output differently; and an evaluation. */
    private static Map<String, double[]> results(Supplier<Norm> kind, Tensor whole, int rank, int size) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Norm norm = arena.own(kind);
            norm.module().to(ScalarType.Double, false);
            Map<String, Tensor> parameters = StateDict.parameters(norm.module());
            parameters.get("weight").variable_data().copy_(values(CHANNELS).cos());
            parameters.get("bias").variable_data().copy_(values(CHANNELS).sin());
            long rows = ROWS / size;
            Map<String, double[]> results = new TreeMap<>();
            for (int step = 0; step < 2; step++) {
                Tensor shifted = whole.add(Tensors.scalar(step));
                Tensor x = shifted.narrow(0, rank * rows, rows).clone().requires_grad_(true);
                Tensor y = norm.forward().apply(x);
                Tensor weights = whole.cos().narrow(0, rank * rows, rows);
                y.mul(weights).add(y.square()).sum().backward();
                results.put("y" + step, Tensors.doubles(y));
                results.put("dx" + step, Tensors.doubles(x.grad()));
            }
            norm.module().eval();
            results.put("evaluated", Tensors.doubles(norm.forward().apply(whole)));
            parameters.forEach((name, parameter) -> results.put("d" + name, Tensors.doubles(parameter.grad())));
            StateDict.of(norm.module()).forEach((name, tensor) -> results.put(name, Tensors.doubles(tensor)));
            return results;
        }
    }

    private static void compare(int size, Supplier<Norm> kind, long... shape) {
        try (Scope scope = Scope.open()) {
            Map<String, double[]> expected = results(kind, values(shape), 0, 1);
            List<Map<String, double[]>> ranks = ThreadRanks.run(
                    size,
                    own -> BatchNorms.across(
                            own, () -> results(kind, values(shape), own.world().rank(), size)));
            expected.forEach((name, values) -> {
                boolean isPart = name.matches("d?[xy]\\d");
                boolean isSum = name.matches("dweight|dbias");
                for (int i = 0; i < values.length; i++) {
                    int part = values.length / size;
                    int index = i;
                    double actual = isSum
                            ? ranks.stream()
                                    .mapToDouble(rank -> rank.get(name)[index])
                                    .sum()
                            : isPart
                                    ? ranks.get(i / part).get(name)[i % part]
                                    : ranks.get(size - 1).get(name)[i];
                    double scale = Math.max(1, Math.abs(values[i]));
                    assertThat(actual).as(name + " " + i).isCloseTo(values[i], within(TOLERANCE * scale));
                }
            });
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void mapsAreNormalisedAsInOneProcess(int size) {
        compare(size, SharedNormTest::ofMaps, ROWS, CHANNELS, 3, 4);
    }

    @Test
    void rowsAreNormalisedAsInOneProcess() {
        compare(3, SharedNormTest::ofRows, ROWS, CHANNELS);
    }

    @Test
    void networksBuiltAfterwardsHaveLibTorchsAgain() {
        List<Boolean> isShared = ThreadRanks.run(2, ranks -> {
            try (Arena arena = new Arena()) {
                Norm within = arena.own(() -> BatchNorms.across(ranks, SharedNormTest::ofMaps));
                Norm after = arena.own(SharedNormTest::ofMaps);
                assertThat(within.module().getClass()).isNotEqualTo(BatchNorm2dImpl.class);
                return !after.module().getClass().equals(BatchNorm2dImpl.class);
            }
        });
        assertThat(isShared).containsExactly(false, false);
    }

    /** Two ranks that have the same. */
    private record Twins() implements Ranks {
        @Override
        public World world() {
            return new World(0, 2, 0, 2);
        }

        @Override
        public Tensor gather(Tensor rows) {
            return torch.cat(new TensorVector(rows, rows), 0);
        }

        @Override
        public Tensor exchange(Tensor rows) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void sum(List<Tensor> tensors) {
            tensors.forEach(tensor -> tensor.mul_(Tensors.scalar(2)));
        }

        @Override
        public void broadcast(List<Tensor> tensors) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void settle() {}

        @Override
        public void close() {}
    }

    /** On a GPU each number that is looked at is waited for. The device "meta" has no numbers: looking at one is an error. */
    @Test
    void noPassLooksAtANumber() {
        try (Scope scope = Scope.open()) {
            Device meta = Tensors.device("meta");
            Tensor x = Tensors.to(values(4, CHANNELS, 2, 2), meta).requires_grad_(true);
            Tensor weight = Tensors.to(values(CHANNELS), meta);
            SharedNorm.Running running = new SharedNorm.Running(
                    weight.clone(), weight.clone(), Tensors.to(Tensors.of(new long[] {0}, 1), meta));
            Tensor y = new SharedNorm(new Twins(), 1e-5, 0.1).of(x, weight, weight.clone(), running);
            y.sum().backward();
            assertThat(Tensors.shape(x.grad())).containsExactly(4, CHANNELS, 2, 2);
            assertThatThrownBy(() -> Tensors.scalar(y.sum())).hasMessageContaining("meta");
        }
    }

    /** What is in 16 bits goes in and comes out so, and is computed in float32. */
    @Test
    void halfPrecisionIsWidenedInside() {
        ThreadRanks.run(2, ranks -> {
            try (Arena arena = new Arena();
                    Scope scope = Scope.open()) {
                Norm norm = arena.own(() -> BatchNorms.across(ranks, SharedNormTest::ofMaps));
                Tensor x = values(4, CHANNELS, 2, 2).sub(Tensors.scalar(100)).to(ScalarType.BFloat16);
                Tensor y = norm.forward().apply(x);
                assertThat(y.scalar_type().intern()).isEqualTo(ScalarType.BFloat16);
                assertThat(Tensors.scalar(y.to(ScalarType.Float).mean())).isCloseTo(0, within(1e-2));
                return true;
            }
        });
    }
}
