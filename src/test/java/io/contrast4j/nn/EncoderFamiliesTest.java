package io.contrast4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.spec.InvalidValues;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.OneThread;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every kind of encoder promises, and the particulars of those that no golden file covers. */
@ExtendWith(OneThread.class)
class EncoderFamiliesTest {
    private static final TorchvisionResNet.Config RESNET =
            new TorchvisionResNet.Config(18, 4, 1, Stem.IMAGENET, false, ProjectionHead.MLP, 6);
    private static final SelfConResNet.Config SELFCON =
            new SelfConResNet.Config(18, 4, Stem.CIFAR, List.of(1, 3), ExitSize.SMALL, false, ProjectionHead.MLP, 6);

    static final List<Backbone.Config> KINDS = List.of(
            RESNET,
            new TorchvisionResNet.Config(50, 4, 2, Stem.CIFAR, true, ProjectionHead.LINEAR, 6),
            new TorchvisionResNet.Config(34, 2, 1, Stem.CIFAR, false, ProjectionHead.NONE, 16),
            new RingResNet.Config(18, 4, Stem.CIFAR, 6),
            new SmallAlexNet.Config(32, 6),
            SELFCON,
            new SelfConVgg.Config(13, true, List.of(2), ExitSize.FC, ProjectionHead.LINEAR, 6),
            new SelfConWideResNet.Config(true, 0.3, List.of(1), ExitSize.FC, ProjectionHead.MLP, 6),
            new SelfConEfficientNet.Config(0.2, 0.2, List.of(4), ProjectionHead.MLP, 6));

    @ParameterizedTest
    @FieldSource("KINDS")
    void everyTapIsThereAloneAsWithTheOthers(Backbone.Config config) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Backbone net = arena.own(() -> config.build(2));
            net.module().eval();
            Tensor images = torch.randn(2, 2, 32, 32);
            double[] before = Tensors.doubles(images);
            Map<String, Tensor> together = net.forward(images, net.taps());
            assertThat(net.taps()).containsExactlyElementsOf(config.taps());
            assertThat(together).containsOnlyKeys(config.taps());
            for (String tap : net.taps()) {
                Map<String, Tensor> alone = net.forward(images, Set.of(tap));
                assertThat(alone).containsOnlyKeys(tap);
                assertThat(Tensors.doubles(alone.get(tap))).as(tap).isEqualTo(Tensors.doubles(together.get(tap)));
            }
            assertThat(Tensors.doubles(images)).isEqualTo(before);
            together.forEach((tap, output) -> {
                if (tap.endsWith(Backbone.EMBEDDING)) {
                    assertThat(Tensors.shape(output)).as(tap).containsExactly(2, config.featureDim());
                    assertThat(Tensors.doubles(output.mul(output).sum(1)))
                            .as(tap)
                            .containsExactly(new double[] {1, 1}, within(1e-5));
                }
            });
            assertThatThrownBy(() -> net.forward(images, Set.of("layer9")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("layer9");
        }
    }

    @ParameterizedTest
    @FieldSource("KINDS")
    void everyParameterLearns(Backbone.Config config) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            torch.manual_seed(3);
            Backbone net = arena.own(() -> config.build(2));
            net.module().train(true);
            // An embedding's own length has no gradient: it must be weighed.
            Tensor weights = torch.randn(8, config.featureDim());
            Tensor sum = Tensors.zeros(torch.ScalarType.Float);
            for (Map.Entry<String, Tensor> output :
                    net.forward(torch.randn(8, 2, 32, 32), net.taps()).entrySet()) {
                if (output.getKey().endsWith(Backbone.EMBEDDING)) {
                    sum = sum.add(output.getValue().mul(weights).sum());
                }
            }
            sum.backward();
            StateDict.parameters(net.module()).forEach((name, parameter) -> {
                assertThat(parameter.grad().defined()).as(name).isTrue();
                assertThat(Tensors.doubles(parameter.grad())).as(name).doesNotContain(Double.NaN);
            });
        }
    }

    @Test
    void exitsComeInDepthOrderBeforeTheEnd() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            ContrastiveNetwork net = arena.own(() -> SELFCON.build(3));
            net.eval();
            Tensor images = torch.randn(2, 3, 32, 32);
            List<Tensor> embeddings = net.embedExits(images);
            Map<String, Tensor> named = net.forward(images, net.taps());
            assertThat(embeddings).hasSize(3);
            List<String> names = List.of("exit1-embedding", "exit3-embedding", "embedding");
            for (int i = 0; i < 3; i++) {
                assertThat(Tensors.doubles(embeddings.get(i))).isEqualTo(Tensors.doubles(named.get(names.get(i))));
            }
            assertThat(Tensors.shape(named.get("exit1"))).containsExactly(2, 32);
            assertThat(Tensors.shape(named.get("layer1"))).containsExactly(2, 4, 32, 32);
        }
    }

    @Test
    void aWideBottleneckIsWideInside() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Backbone wide = arena.own(() ->
                    new TorchvisionResNet.Config(50, 8, 2, Stem.IMAGENET, false, ProjectionHead.LINEAR, 5).build(3));
            Map<String, Tensor> state = StateDict.of(wide.module());
            assertThat(Tensors.shape(state.get("conv1.weight"))).containsExactly(8, 3, 7, 7);
            assertThat(Tensors.shape(state.get("layer2.0.conv2.weight"))).containsExactly(32, 32, 3, 3);
            assertThat(Tensors.shape(state.get("layer2.0.conv3.weight"))).containsExactly(64, 32, 1, 1);
            assertThat(Tensors.shape(state.get("layer2.0.downsample.0.weight"))).containsExactly(64, 32, 1, 1);
            assertThat(Tensors.shape(state.get("fc.weight"))).containsExactly(5, 256);
        }
    }

    @Test
    void withoutAHeadThereIsNoFc() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Backbone net = arena.own(() -> KINDS.get(2).build(3));
            assertThat(net.taps()).doesNotContain("head").contains("pooled", "embedding");
            assertThat(StateDict.of(net.module()).keySet()).noneMatch(name -> name.startsWith("fc"));
        }
    }

    @Test
    void theSmallAlexNetHasItsPublishedNamesAndWeights() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            torch.manual_seed(4);
            Backbone net = arena.own(() -> new SmallAlexNet.Config(64, 128).build(3));
            Map<String, Tensor> parameters = StateDict.parameters(net.module());
            assertThat(parameters.keySet())
                    .containsExactly(
                            "blocks.0.0.weight",
                            "blocks.0.1.weight",
                            "blocks.0.1.bias",
                            "blocks.1.0.weight",
                            "blocks.1.1.weight",
                            "blocks.1.1.bias",
                            "blocks.2.0.weight",
                            "blocks.2.1.weight",
                            "blocks.2.1.bias",
                            "blocks.3.0.weight",
                            "blocks.3.1.weight",
                            "blocks.3.1.bias",
                            "blocks.4.0.weight",
                            "blocks.4.1.weight",
                            "blocks.4.1.bias",
                            "blocks.5.1.weight",
                            "blocks.5.2.weight",
                            "blocks.5.2.bias",
                            "blocks.6.0.weight",
                            "blocks.6.1.weight",
                            "blocks.6.1.bias",
                            "blocks.7.0.weight",
                            "blocks.7.0.bias");
            assertThat(Tensors.shape(parameters.get("blocks.5.1.weight"))).containsExactly(4096, 192 * 7 * 7);
            parameters.forEach((name, tensor) -> {
                double[] values = Tensors.doubles(tensor.flatten().narrow(0, 0, Math.min(100_000, tensor.numel())));
                if (tensor.dim() > 1) {
                    double deviation = Math.sqrt(
                            Arrays.stream(values).map(v -> v * v).average().orElseThrow());
                    assertThat(deviation / 0.02).as(name).isCloseTo(1, within(5 / Math.sqrt(2.0 * values.length)));
                } else {
                    assertThat(values).as(name).containsOnly(name.endsWith("weight") ? 1 : 0);
                }
            });
            Tensor large = torch.randn(1, 3, 65, 65);
            assertThatThrownBy(() -> net.embed(large))
                    .hasMessageContaining("64×64")
                    .hasMessageContaining("65×65");
        }
    }

    /** The published layout once more, out of LibTorch's functions and the weights by name. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theSmallAlexNetComputesWhatItsLayoutSays(boolean training) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            torch.manual_seed(6);
            Backbone net = arena.own(() -> new SmallAlexNet.Config(40, 10).build(3));
            net.module().train(training);
            Map<String, Tensor> state = StateDict.of(net.module());
            state.forEach((name, tensor) -> {
                // Norms that do nothing would hide a wrong one.
                if (name.endsWith(".running_var") || tensor.dim() == 1 && name.endsWith(".weight")) {
                    tensor.uniform_(0.5, 1.5, new GeneratorOptional());
                } else if (name.endsWith(".running_mean") || name.endsWith(".bias")) {
                    tensor.normal_(0, 0.1, new GeneratorOptional());
                }
            });
            Tensor images = torch.randn(5, 3, 40, 40);
            Map<String, Tensor> expected = new LinkedHashMap<>();
            Tensor x = images;
            for (int block = 0; block < 5; block++) {
                x = torch.conv2d(
                        x,
                        state.get("blocks." + block + ".0.weight"),
                        new TensorOptional(),
                        new long[] {1, 1},
                        new long[] {1, 1},
                        new long[] {1, 1},
                        1);
                x = normalised(x, state, "blocks." + block + ".1", training).clamp_min(Tensors.scalar(0.0));
                if (block == 0 || block == 1 || block == 4) {
                    // The largest of every 3×3 window, one every 2 positions.
                    Tensor windows = x.unfold(2, 3, 2).unfold(3, 3, 2);
                    x = windows.amax(new long[] {4, 5}, false);
                }
                expected.put("block" + block, x);
            }
            // 40 → 19 → 9 → 4
            assertThat(Tensors.shape(x)).containsExactly(5, 192, 4, 4);
            x = x.reshape(5, 192 * 16);
            String[] linear = {"blocks.5.1", "blocks.6.0"};
            String[] norm = {"blocks.5.2", "blocks.6.1"};
            for (int i = 0; i < 2; i++) {
                x = x.matmul(state.get(linear[i] + ".weight").t());
                x = normalised(x, state, norm[i], training).clamp_min(Tensors.scalar(0.0));
                expected.put("block" + (5 + i), x);
            }
            x = x.matmul(state.get("blocks.7.0.weight").t()).add(state.get("blocks.7.0.bias"));
            expected.put("block7", x);
            expected.put(
                    "embedding",
                    x.div(x.mul(x)
                            .sum(new long[] {1}, true, new ScalarTypeOptional())
                            .sqrt()));

            Map<String, Tensor> actual = net.forward(images, expected.keySet());
            expected.forEach((tap, output) -> {
                assertThat(Tensors.shape(actual.get(tap))).as(tap).isEqualTo(Tensors.shape(output));
                double error = Tensors.scalar(actual.get(tap).sub(output).norm());
                assertThat(error / Tensors.scalar(output.norm())).as(tap).isLessThan(1e-5);
            });
        }
    }

    /** Batch norm in its own words: of the batch in training, of the running statistics else. */
    private static Tensor normalised(Tensor x, Map<String, Tensor> state, String name, boolean training) {
        long[] each = x.dim() == 4 ? new long[] {1, -1, 1, 1} : new long[] {1, -1};
        long[] over = x.dim() == 4 ? new long[] {0, 2, 3} : new long[] {0};
        Tensor mean = state.get(name + ".running_mean").view(each);
        Tensor variance = state.get(name + ".running_var").view(each);
        if (training) {
            mean = x.mean(over, true, new ScalarTypeOptional());
            Tensor apart = x.sub(mean);
            variance = apart.mul(apart).mean(over, true, new ScalarTypeOptional());
        }
        return x.sub(mean)
                .div(variance.add(Tensors.scalar(1e-5)).sqrt())
                .mul(state.get(name + ".weight").view(each))
                .add(state.get(name + ".bias").view(each));
    }

    @Test
    void exitsOfEverySizeHaveTheirLayers() {
        Map<ExitSize, List<Integer>> blocks =
                Map.of(ExitSize.SMALL, List.of(3, 1), ExitSize.SAME, List.of(6, 3), ExitSize.LARGE, List.of(12, 6));
        blocks.forEach((size, counts) -> {
            SelfConResNet.Config config =
                    new SelfConResNet.Config(34, 2, Stem.CIFAR, List.of(2), size, false, ProjectionHead.LINEAR, 6);
            for (int stage = 0; stage < 2; stage++) {
                String name = "encoder\\.selfcon_layer\\.1\\." + stage + "\\.\\d+\\.conv1\\.weight";
                assertThat(count(config, name)).as("%s, stage %d", size, stage).isEqualTo(counts.get(stage));
            }
        });
        Map<ExitSize, Integer> convolutions = Map.of(ExitSize.SMALL, 2, ExitSize.SAME, 6, ExitSize.LARGE, 12);
        convolutions.forEach((size, count) -> assertThat(count(
                        new SelfConVgg.Config(16, false, List.of(3), size, ProjectionHead.LINEAR, 6),
                        "encoder\\.selfcon_layer\\.2\\.\\d+\\.weight"))
                .as("%s", size)
                .isEqualTo(count));
        Map<ExitSize, Integer> wide = Map.of(ExitSize.SMALL, 1, ExitSize.SAME, 2, ExitSize.LARGE, 4);
        wide.forEach((size, count) -> assertThat(count(
                        new SelfConWideResNet.Config(false, 0, List.of(2), size, ProjectionHead.LINEAR, 6),
                        "encoder\\.selfcon_layer\\.1\\.0\\.\\d+\\.conv1\\.weight"))
                .as("%s", size)
                .isEqualTo(count));
    }

    private static int count(Backbone.Config config, String name) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Backbone net = arena.own(() -> config.build(3));
            return (int) StateDict.of(net.module()).keySet().stream()
                    .filter(key -> key.matches(name))
                    .count();
        }
    }

    @Test
    void partsThatAreDroppedAreDroppedInTrainingOnly() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Backbone net = arena.own(
                    () -> new SelfConEfficientNet.Config(0, 0.9, List.of(), ProjectionHead.LINEAR, 6).build(3));
            Tensor one = torch.randn(1, 3, 32, 32);
            Tensor images = one.repeat(32, 1, 1, 1);
            Set<String> tap = Set.of("stage6");
            net.module().eval();
            assertThat(spread(net.forward(images, tap).get("stage6"))).isZero();
            net.module().train(true);
            assertThat(spread(net.forward(images, tap).get("stage6"))).isPositive();
        }
    }

    /** How far apart the rows of a batch are. */
    private static double spread(Tensor batch) {
        return Tensors.scalar(batch.sub(batch.narrow(0, 0, 1)).abs().sum());
    }

    @Test
    void settingsThatMakeNoNetworkAreRefused() {
        assertThatThrownBy(() -> new TorchvisionResNet.Config(18, 64, 2, Stem.CIFAR, false, ProjectionHead.MLP, 6))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("innerWidth = 2");
        assertThatThrownBy(() -> new TorchvisionResNet.Config(18, 64, 1, Stem.CIFAR, false, ProjectionHead.NONE, 6))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("featureDim = 6 must be 512");
        assertThatThrownBy(() -> new SelfConVgg.Config(19, true, List.of(3, 2), ExitSize.FC, ProjectionHead.NONE, 6))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("depth = 19 must be 13 or 16")
                .hasMessageContaining("exits = [3, 2]")
                .hasMessageContaining("head = none");
        assertThatThrownBy(() -> new SelfConEfficientNet.Config(0, 1, List.of(2), ProjectionHead.MLP, 6))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("exits = [2] must be [] or [4]")
                .hasMessageContaining("dropConnect = 1");
        assertThatThrownBy(
                        () -> new SelfConWideResNet.Config(false, -1, List.of(3), ExitSize.FC, ProjectionHead.MLP, 0))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("exits = [3]")
                .hasMessageContaining("dropout = -1")
                .hasMessageContaining("featureDim = 0");
    }
}
