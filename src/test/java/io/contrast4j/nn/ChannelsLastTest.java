package io.contrast4j.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every network computes the same in both orders of memory. */
class ChannelsLastTest {
    /** Without chance in the forward pass. */
    static Stream<Backbone.Config> networks() {
        return Stream.of(
                new ResNet.Config(18, 1.0 / 16, 6),
                new ResNet.Config(50, 1.0 / 16, 6),
                new AlexNet.Config(6),
                new TorchvisionResNet.Config(50, 4, 2, Stem.CIFAR, false, ProjectionHead.MLP, 6),
                new RingResNet.Config(18, 4, Stem.IMAGENET, 6),
                new SmallAlexNet.Config(32, 6),
                new SelfConResNet.Config(
                        18, 4, Stem.CIFAR, List.of(1, 3), ExitSize.LARGE, false, ProjectionHead.MLP, 6),
                new SelfConVgg.Config(13, true, List.of(2), ExitSize.FC, ProjectionHead.LINEAR, 6),
                new SelfConWideResNet.Config(true, 0, List.of(1), ExitSize.SMALL, ProjectionHead.MLP, 6),
                new SelfConEfficientNet.Config(0, 0, List.of(4), ProjectionHead.MLP, 6));
    }

    private static Tensor images(Backbone.Config config, int count, ScalarType type) {
        // The first side that the network takes.
        int side = IntStream.of(16, 32, 224)
                .filter(each -> config.sizeProblem(each, each).isEmpty())
                .findFirst()
                .orElseThrow();
        return torch.randn(count, 3, side, side).to(type);
    }

    private static Backbone build(Arena arena, Backbone.Config config, ScalarType type) {
        torch.manual_seed(5);
        Backbone net = arena.own(() -> config.build(3));
        net.module().to(type, false);
        return net;
    }

    private static double relativeError(Tensor actual, Tensor expected) {
        return Tensors.scalar(actual.sub(expected).norm()) / Math.max(1e-9, Tensors.scalar(expected.norm()));
    }

    /** In float32, where the two orders have kernels of their own. */
    @ParameterizedTest
    @MethodSource("networks")
    void everyTapIsTheSame(Backbone.Config config) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Backbone net = build(arena, config, ScalarType.Float);
            net.module().eval();
            Tensor images = images(config, 2, ScalarType.Float);
            Map<String, Tensor> expected = net.forward(images, net.taps());
            ChannelsLast.weights(net.module());
            Map<String, Tensor> actual = net.forward(ChannelsLast.images(images), net.taps());
            assertThat(actual.keySet()).isEqualTo(expected.keySet());
            expected.forEach((tap, output) -> {
                assertThat(Tensors.shape(actual.get(tap))).as(tap).isEqualTo(Tensors.shape(output));
                assertThat(relativeError(actual.get(tap), output)).as(tap).isLessThan(2e-5);
            });
        }
    }

    /** In float64, where no activation changes its sign by rounding: that would change every gradient below it. */
    @ParameterizedTest
    @MethodSource("networks")
    void everyGradientIsTheSame(Backbone.Config config) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Backbone net = build(arena, config, ScalarType.Double);
            Backbone other = build(arena, config, ScalarType.Double);
            ChannelsLast.weights(other.module());
            Tensor images = images(config, 4, ScalarType.Double);
            Tensor weights = torch.randn(4, 6).to(ScalarType.Double);
            for (Backbone each : List.of(net, other)) {
                each.module().train(true);
                Tensor input = each == net ? images : ChannelsLast.images(images);
                each.embed(input).mul(weights).sum().backward();
            }
            Map<String, Tensor> changed = StateDict.parameters(other.module());
            StateDict.parameters(net.module()).forEach((name, parameter) -> {
                Tensor gradient = changed.get(name).grad();
                assertThat(gradient.defined())
                        .as(name)
                        .isEqualTo(parameter.grad().defined());
                if (gradient.defined() && Tensors.scalar(parameter.grad().norm()) > 1e-9) {
                    assertThat(relativeError(gradient, parameter.grad()))
                            .as(name)
                            .isLessThan(1e-8);
                }
            });
            StateDict.of(other.module()).forEach((name, tensor) -> {
                if (name.contains("running_")) {
                    Tensor expected = StateDict.of(net.module()).get(name);
                    // Absolute, too: the mean of a convolution of normalised maps is 0 but for rounding.
                    assertThat(Tensors.scalar(tensor.sub(expected).norm()))
                            .as(name)
                            .isLessThan(1e-10 * Tensors.scalar(expected.norm()) + 1e-12);
                }
            });
        }
    }

    @ParameterizedTest
    @MethodSource("networks")
    void onlyTheOrderOfConvolutionsChanges(Backbone.Config config) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Backbone net = build(arena, config, ScalarType.Float);
            Backbone same = build(arena, config, ScalarType.Float);
            ChannelsLast.weights(net.module());
            Map<String, Tensor> before = StateDict.of(same.module());
            Map<String, Tensor> after = StateDict.of(net.module());
            assertThat(List.copyOf(after.keySet())).isEqualTo(List.copyOf(before.keySet()));
            after.forEach((name, tensor) -> {
                assertThat(Tensors.shape(tensor)).as(name).isEqualTo(Tensors.shape(before.get(name)));
                assertThat(tensor.equal(before.get(name))).as(name).isTrue();
                if (tensor.dim() == 4) {
                    assertThat(tensor.is_contiguous(MemoryFormat.ChannelsLast))
                            .as(name)
                            .isTrue();
                }
            });
            StateDict.parameters(net.module())
                    .forEach((name, parameter) ->
                            assertThat(parameter.requires_grad()).as(name).isTrue());
        }
    }
}
