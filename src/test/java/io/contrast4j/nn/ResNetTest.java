package io.contrast4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.spec.InvalidValues;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class ResNetTest {
    private static ResNet build(Arena arena, int depth, double width, int dim, long seed) {
        torch.manual_seed(seed);
        return arena.own(() -> new ResNet.Config(depth, width, dim).build(2));
    }

    @Test
    void everyTapHasItsShape() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            ResNet basic = build(arena, 18, 1.0 / 16, 24, 1);
            checkShapes(basic, 64, 24, new long[] {4, 8, 16, 32}, new long[] {16, 16, 8, 4, 2});
            checkShapes(basic, 224, 24, new long[] {4, 8, 16, 32}, new long[] {56, 56, 28, 14, 7});
            ResNet bottleneck = build(arena, 50, 1.0 / 16, 24, 1);
            checkShapes(bottleneck, 64, 24, new long[] {16, 32, 64, 128}, new long[] {16, 16, 8, 4, 2});
        }
    }

    private static void checkShapes(ResNet net, int side, int dim, long[] channels, long[] sides) {
        Map<String, Tensor> outputs = net.forward(torch.randn(2, 2, side, side), net.taps());
        assertThat(outputs.keySet())
                .containsExactly("input", "stem", "layer1", "layer2", "layer3", "layer4", "pooled", "embedding");
        assertThat(Tensors.shape(outputs.get("input"))).containsExactly(2, 2, side, side);
        assertThat(Tensors.shape(outputs.get("stem"))).containsExactly(2, 64, sides[0], sides[0]);
        for (int stage = 1; stage <= 4; stage++) {
            assertThat(Tensors.shape(outputs.get("layer" + stage)))
                    .as("layer%d at %d", stage, side)
                    .containsExactly(2, channels[stage - 1], sides[stage], sides[stage]);
        }
        assertThat(Tensors.shape(outputs.get("pooled"))).containsExactly(2, channels[3]);
        assertThat(Tensors.shape(outputs.get("embedding"))).containsExactly(2, dim);
    }

    @Test
    void aTapIsTheSameWhateverElseIsAskedFor() {
        // The blocks work in place: none of them may reach into a tapped output, nor into the images.
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            ResNet net = build(arena, 18, 1.0 / 16, 8, 1);
            net.eval();
            Tensor images = torch.randn(2, 2, 40, 40);
            double[] before = Tensors.doubles(images);
            Map<String, Tensor> together = net.forward(images, net.taps());
            for (String tap : net.taps()) {
                Map<String, Tensor> alone = net.forward(images, Set.of(tap));
                assertThat(alone).containsOnlyKeys(tap);
                assertThat(Tensors.doubles(alone.get(tap))).as(tap).isEqualTo(Tensors.doubles(together.get(tap)));
            }
            assertThat(Tensors.doubles(images)).isEqualTo(before);
        }
    }

    @Test
    void nothingRunsBeyondTheLastTap() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            ResNet net = build(arena, 18, 1.0 / 16, 8, 1);
            net.train(true);
            // After the stem one value per channel is left, which batch norm refuses in training.
            Tensor tiny = torch.randn(1, 2, 4, 4);
            assertThat(net.forward(tiny, Set.of("input", "stem"))).containsOnlyKeys("input", "stem");
            assertThat(net.forward(tiny, Set.of())).isEmpty();
            assertThatThrownBy(() -> net.forward(tiny, Set.of("stem", "layer1")))
                    .hasMessageContaining("more than 1 value per channel");
        }
    }

    @Test
    void anUnknownTapIsRefused() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            ResNet net = build(arena, 18, 1.0 / 16, 8, 1);
            Tensor images = torch.randn(1, 2, 32, 32);
            assertThatThrownBy(() -> net.forward(images, Set.of("stem", "layer5")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("layer5")
                    .hasMessageContaining("layer4");
        }
    }

    @Test
    void weightsStartAsTheirSourcesDo() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            ResNet net = build(arena, 18, 0.5, 128, 5);
            int convolutions = 0;
            for (Map.Entry<String, Tensor> entry : StateDict.of(net).entrySet()) {
                String name = entry.getKey();
                long[] shape = Tensors.shape(entry.getValue());
                double[] values = Tensors.doubles(entry.getValue());
                if (shape.length == 4) {
                    double deviation = Math.sqrt(2.0 / (shape[2] * shape[3] * shape[0]));
                    assertThat(rms(values) / deviation)
                            .as(name)
                            .isCloseTo(1, within(5 / Math.sqrt(2.0 * values.length)));
                    convolutions++;
                } else if (name.startsWith("fc.")) {
                    double bound = 1 / Math.sqrt(256);
                    assertThat(Arrays.stream(values).map(Math::abs).max().orElseThrow())
                            .as(name)
                            .isBetween(0.95 * bound, bound);
                    assertThat(rms(values) * Math.sqrt(3) / bound).as(name).isCloseTo(1, within(0.2));
                } else if (name.endsWith(".weight") || name.endsWith(".running_var")) {
                    assertThat(values).as(name).containsOnly(1);
                } else {
                    assertThat(values).as(name).containsOnly(0);
                }
            }
            // The stem, 16 in blocks, and a projection in front of every stage: at this width the first one needs one
            // too.
            assertThat(convolutions).isEqualTo(21);
        }
    }

    private static double rms(double[] values) {
        return Math.sqrt(Arrays.stream(values).map(x -> x * x).average().orElseThrow());
    }

    @Test
    void theSameSeedGivesTheSameWeights() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Map<String, Tensor> first = StateDict.of(build(arena, 50, 1.0 / 16, 8, 7));
            Map<String, Tensor> again = StateDict.of(build(arena, 50, 1.0 / 16, 8, 7));
            Map<String, Tensor> other = StateDict.of(build(arena, 50, 1.0 / 16, 8, 8));
            first.forEach((name, tensor) ->
                    assertThat(Tensors.doubles(again.get(name))).as(name).isEqualTo(Tensors.doubles(tensor)));
            for (String name : new String[] {"conv1.weight", "layer4.2.conv3.weight", "fc.weight", "fc.bias"}) {
                assertThat(Tensors.doubles(other.get(name))).as(name).isNotEqualTo(Tensors.doubles(first.get(name)));
            }
        }
    }

    @Test
    void embeddingsAreUnitVectors() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            ResNet net = build(arena, 18, 1.0 / 16, 10, 1);
            double[] values = Tensors.doubles(net.embed(torch.randn(6, 2, 32, 32)));
            for (int row = 0; row < 6; row++) {
                assertThat(rms(Arrays.copyOfRange(values, row * 10, row * 10 + 10)) * Math.sqrt(10))
                        .isCloseTo(1, within(1e-6));
            }
        }
    }

    @Test
    void aZeroRowStaysZeroAndSoDoNoNumbersOfOthersBreak() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensors.of(new double[] {0, 0, 3, 4}, 2, 2).set_requires_grad(true);
            Tensor unit = Tensors.unitRows(x);
            assertThat(Tensors.doubles(unit)).containsExactly(new double[] {0, 0, 0.6, 0.8}, within(1e-15));
            unit.select(1, 0).sum().backward();
            double[] gradient = Tensors.doubles(x.grad());
            assertThat(gradient).doesNotContain(Double.NaN);
            // d(x/‖x‖)/dx of the row (3, 4): (1 − 0.36)/5 and −0.48/5.
            assertThat(Arrays.copyOfRange(gradient, 2, 4)).containsExactly(new double[] {0.128, -0.096}, within(1e-12));
        }
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new ResNet.Config(20, 0, 0))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("depth = 20 must be one of [18, 34, 50, 101, 152]")
                .hasMessageContaining("width = 0")
                .hasMessageContaining("featureDim = 0");
    }
}
