package io.contrast4j.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradients of several ranks against those of one process that does the work of all. */
class GradientReducerTest {
    private static final int STEPS = 4;
    private static final double RATE = 0.01;

    /** Two layers with batch norm between them, and one that may be left out. */
    private static final class Net extends Module {
        private final LinearImpl first = register_module("first", new LinearImpl(6, 300));
        private final BatchNorm1dImpl norm = register_module("norm", new BatchNorm1dImpl(new BatchNormOptions(300)));
        private final LinearImpl last = register_module("last", new LinearImpl(300, 2));
        private final LinearImpl extra = register_module("extra", new LinearImpl(2, 2));

        Tensor forward(Tensor x, boolean withExtra) {
            Tensor y = last.forward(norm.forward(first.forward(x)).tanh());
            return withExtra ? extra.forward(y) : y;
        }
    }

    /** Synchronised: threads share LibTorch's generator. */
    private static synchronized Net net(long seed) {
        torch.manual_seed(seed);
        return new Net();
    }

    /** Other rows for each step, rank and part. */
    private static Tensor rows(int step, int rank, int part) {
        double[] values = new double[8 * 6];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.sin(1 + i * 0.7 + step * 1.3 + rank * 2.1 + part * 3.7);
        }
        return Tensors.of(values, 8, 6).to(torch.ScalarType.Float);
    }

    private static Tensor loss(Net net, int step, int rank, int part) {
        return net.forward(rows(step, rank, part), true).pow(Tensors.scalar(2)).mean();
    }

    private static void descend(Module module) {
        StateDict.parameters(module).values().forEach(parameter -> {
            if (parameter.grad().defined()) {
                parameter.variable_data().sub_(parameter.grad().mul(Tensors.scalar(RATE)));
                parameter.mutable_grad().reset();
            }
        });
    }

    private static double[] flat(Module module) {
        List<double[]> all = new ArrayList<>();
        StateDict.of(module).values().forEach(tensor -> all.add(Tensors.doubles(tensor)));
        return all.stream().flatMapToDouble(Arrays::stream).toArray();
    }

    static Distributed config(boolean findUnused) {
        return new Distributed(
                "env://",
                Optional.empty(),
                Optional.empty(),
                false,
                Distributed.Carrier.GLOO,
                Duration.ofSeconds(60),
                findUnused,
                1);
    }

    /** One process that adds the gradients of all ranks' parts; the statistics of rank 0's last part go on. */
    private static double[] emulated(int size, int parts) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Net net = arena.own(() -> net(1));
            for (int step = 0; step < STEPS; step++) {
                List<Tensor> statistics = List.of();
                List<Tensor> before = buffers(net).stream().map(Tensor::clone).toList();
                for (int rank = 0; rank < size; rank++) {
                    restore(net, before);
                    for (int part = 0; part < parts; part++) {
                        loss(net, step, rank, part).div(Tensors.scalar(size)).backward();
                    }
                    if (rank == 0) {
                        statistics = buffers(net).stream().map(Tensor::clone).toList();
                    }
                }
                restore(net, statistics);
                descend(net);
            }
            return flat(net);
        }
    }

    private static List<Tensor> buffers(Module module) {
        var all = StateDict.of(module);
        all.keySet().removeAll(StateDict.parameters(module).keySet());
        return List.copyOf(all.values());
    }

    private static void restore(Module module, List<Tensor> values) {
        List<Tensor> own = buffers(module);
        for (int i = 0; i < own.size(); i++) {
            own.get(i).variable_data().copy_(values.get(i));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void theMeanOverTheRanksIsThatOfOneProcess(int size) {
        compare(size, 1, false);
    }

    @Test
    void accumulatedPartsAreSentOnce() {
        compare(2, 3, false);
    }

    @Test
    void lookingForUnusedParametersChangesNothing() {
        compare(2, 1, true);
    }

    private void compare(int size, int parts, boolean findUnused) {
        Distributed config = config(findUnused);
        List<double[]> trained = ThreadRanks.run(size, config, ranks -> trained(ranks, parts, config));
        double[] expected = emulated(size, parts);
        for (double[] weights : trained) {
            assertThat(weights).hasSameSizeAs(expected);
            for (int i = 0; i < expected.length; i++) {
                // The sums of the ranks are added in another order.
                double tolerance = 1e-5 * Math.max(1, Math.abs(expected[i]));
                assertThat(weights[i]).isCloseTo(expected[i], within(tolerance));
            }
        }
        assertThat(trained).allSatisfy(weights -> assertThat(weights).containsExactly(trained.get(0)));
    }

    /** All tensors after some steps of this rank. */
    static double[] trained(ProcessRanks ranks, int parts, Distributed config) {
        int rank = ranks.world().rank();
        try (Arena arena = new Arena()) {
            // Other weights on each rank: those of rank 0 count.
            Net net = arena.own(() -> net(1 + rank));
            try (GradientReducer gradients = new GradientReducer(ranks, net, config)) {
                for (int step = 0; step < STEPS; step++) {
                    try (Scope scope = Scope.open()) {
                        gradients.begin();
                        for (int part = 0; part < parts - 1; part++) {
                            gradients.accumulate(loss(net, step, rank, part));
                        }
                        gradients.backward(loss(net, step, rank, parts - 1));
                        descend(net);
                    }
                }
                ranks.broadcast(buffers(net));
                return flat(net);
            }
        }
    }

    /** A batch of a step that is not the last: its backward pass exchanges nothing but what was gathered. */
    @Test
    void aRankThatIsLostWhilePartsAreAccumulatedIsNamed() {
        List<String> ends = ThreadRanks.run(2, config(false), ranks -> {
            try (Arena arena = new Arena()) {
                Net net = arena.own(() -> net(1));
                try (GradientReducer gradients = new GradientReducer(ranks, net, config(false));
                        Scope scope = Scope.open()) {
                    gradients.begin();
                    Tensor features = net.forward(rows(0, ranks.world().rank(), 0), true);
                    Tensor loss = GatheredRows.of(ranks, features).square().mean();
                    if (!ranks.world().isFirst()) {
                        return "left";
                    }
                    assertThatThrownBy(() -> gradients.accumulate(loss)).isInstanceOf(LostRank.class);
                    return "noticed";
                }
            }
        });
        assertThat(ends).containsExactly("noticed", "left");
    }

    @Test
    void aParameterWithoutAPartIsNamedOrAllowed() {
        assertThatThrownBy(() -> leaveOut(false))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("extra.weight, extra.bias")
                .hasMessageContaining("distributed.find-unused-parameters=true");
        leaveOut(true);
    }

    private void leaveOut(boolean findUnused) {
        ThreadRanks.run(2, config(findUnused), ranks -> {
            try (Arena arena = new Arena()) {
                Net net = arena.own(Net::new);
                try (GradientReducer gradients = new GradientReducer(ranks, net, config(findUnused))) {
                    for (int step = 0; step < 3; step++) {
                        try (Scope scope = Scope.open()) {
                            gradients.begin();
                            Tensor loss = net.forward(rows(step, ranks.world().rank(), 0), false)
                                    .sum();
                            gradients.backward(loss);
                            descend(net);
                        }
                    }
                }
                return true;
            }
        });
    }
}
