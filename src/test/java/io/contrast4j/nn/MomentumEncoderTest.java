package io.contrast4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.nn.MomentumEncoder.Buffers;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class MomentumEncoderTest {
    private static final TorchvisionResNet.Config SMALL =
            new TorchvisionResNet.Config(18, 4, 1, Stem.CIFAR, false, ProjectionHead.MLP, 8);

    private static Map<String, double[]> values(Map<String, Tensor> tensors) {
        Map<String, double[]> values = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> values.put(name, Tensors.doubles(tensor)));
        return values;
    }

    /** Changes every parameter, and the buffers by a pass in training mode. */
    private static void move(Backbone network) {
        try (NoGrad noGrad = NoGrad.open()) {
            StateDict.parameters(network.module())
                    .values()
                    .forEach(parameter -> parameter.add_(torch.randn_like(parameter)));
            network.module().train(true);
            network.embed(torch.randn(4, 3, 16, 16));
        }
    }

    @Test
    void itStartsAsAnEqualAndFollowsByTheFormula() {
        for (Buffers choice : Buffers.values()) {
            for (double momentum : new double[] {0, 0.3, 0.9, 0.999, 1}) {
                try (Arena arena = new Arena();
                        Scope scope = Scope.open()) {
                    Backbone online = arena.own(() -> SMALL.build(3));
                    move(online);
                    try (MomentumEncoder keys = new MomentumEncoder(
                            new MomentumEncoder.Config(momentum, choice), online, () -> SMALL.build(3))) {
                        checkFollowing(online, keys, momentum, choice);
                    }
                }
            }
        }
    }

    private static void checkFollowing(Backbone online, MomentumEncoder keys, double momentum, Buffers choice) {
        Map<String, Tensor> slow = StateDict.of(keys.network().module());
        Map<String, Tensor> fast = StateDict.of(online.module());
        Map<String, double[]> before = values(slow);
        before.forEach((name, value) -> assertThat(value).as(name).isEqualTo(Tensors.doubles(fast.get(name))));
        keys.update();
        // The difference is 0, so nothing moves, not even in the last bit.
        values(slow).forEach((name, value) -> assertThat(value).as(name).isEqualTo(before.get(name)));

        move(online);
        keys.update();
        Map<String, Tensor> trained = StateDict.parameters(online.module());
        slow.forEach((name, tensor) -> {
            double[] now = Tensors.doubles(tensor);
            double[] target = Tensors.doubles(fast.get(name));
            double[] was = before.get(name);
            if (trained.containsKey(name)) {
                double[] expected = new double[was.length];
                for (int i = 0; i < was.length; i++) {
                    expected[i] = momentum * was[i] + (1 - momentum) * target[i];
                }
                assertThat(now).as(name).containsExactly(expected, within(1e-6));
            } else {
                assertThat(now).as(name).isEqualTo(choice == Buffers.OWN ? was : target);
            }
        });
    }

    @Test
    void itHasNoGradientsAndItsOwnPassesChangeItsStatistics() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Backbone online = arena.own(() -> SMALL.build(3));
            try (MomentumEncoder keys =
                    new MomentumEncoder(new MomentumEncoder.Config(0.9, Buffers.OWN), online, () -> SMALL.build(3))) {
                Tensor images = torch.randn(4, 3, 16, 16);
                assertThat(keys.embed(images).requires_grad()).isFalse();
                assertThat(keys.network().embed(images).requires_grad()).isFalse();
                String statistics = "layer1.0.bn1.running_mean";
                assertThat(Tensors.doubles(StateDict.of(keys.network().module()).get(statistics)))
                        .isNotEqualTo(
                                Tensors.doubles(StateDict.of(online.module()).get(statistics)));
                assertThat(StateDict.parameters(online.module()).values()).allMatch(Tensor::requires_grad);
            }
        }
    }

    @Test
    void itsWeightsAreInTheOrderOfTheOthers() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Backbone online = arena.own(() -> SMALL.build(3));
            MomentumEncoder.Config config = new MomentumEncoder.Config(0.5, Buffers.OWN);
            try (MomentumEncoder keys = new MomentumEncoder(config, online, () -> SMALL.build(3))) {
                assertThat(ChannelsLast.isOrderOf(keys.network().module())).isFalse();
            }
            arena.own(() -> {
                ChannelsLast.weights(online.module());
                return null;
            });
            try (MomentumEncoder keys = new MomentumEncoder(config, online, () -> SMALL.build(3))) {
                assertThat(ChannelsLast.isOrderOf(keys.network().module())).isTrue();
                move(online);
                keys.update();
            }
        }
    }

    @Test
    void itsStateComesBack() {
        MomentumEncoder.Config config = new MomentumEncoder.Config(0.5, Buffers.OWN);
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Backbone online = arena.own(() -> SMALL.build(3));
            Backbone other = arena.own(() -> SMALL.build(3));
            try (MomentumEncoder keys = new MomentumEncoder(config, online, () -> SMALL.build(3));
                    MomentumEncoder again = new MomentumEncoder(config, other, () -> SMALL.build(3))) {
                move(online);
                keys.update();
                keys.embed(torch.randn(4, 3, 16, 16));
                again.restore(keys.state(), "a test");
                Map<String, double[]> expected =
                        values(StateDict.of(keys.network().module()));
                values(StateDict.of(again.network().module()))
                        .forEach((name, value) -> assertThat(value).as(name).isEqualTo(expected.get(name)));
                assertThatThrownBy(() -> again.restore(Map.of(), "last.pth"))
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("last.pth is of another architecture");
                assertThatThrownBy(() -> again.restore(Map.of("conv1.weight", 3L), "last.pth"))
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("something that is no tensor, conv1.weight");
            }
        }
    }

    @Test
    void anotherArchitectureIsRefused() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Backbone online = arena.own(() -> SMALL.build(3));
            assertThatThrownBy(() -> new MomentumEncoder(
                            new MomentumEncoder.Config(0.9, Buffers.OWN), online, () -> SMALL.build(1)))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("conv1.weight");
            assertThatThrownBy(() -> new MomentumEncoder.Config(1.5, Buffers.OWN))
                    .isInstanceOf(InvalidValues.class)
                    .hasMessageContaining("momentum = 1.5");
        }
    }
}
