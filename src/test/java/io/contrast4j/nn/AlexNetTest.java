package io.contrast4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.UserError;
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

class AlexNetTest {
    private static final AlexNet.Config CONFIG = new AlexNet.Config(24);

    private static AlexNet build(Arena arena) {
        torch.manual_seed(3);
        AlexNet net = arena.own(() -> CONFIG.build(2));
        net.eval();
        return net;
    }

    @Test
    void everyTapHasItsShape() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            AlexNet net = build(arena);
            Map<String, Tensor> outputs = net.forward(torch.randn(2, 2, 224, 254), net.taps());
            assertThat(outputs.keySet())
                    .containsExactly(
                            "input", "block1", "block2", "block3", "block4", "block5", "fc6", "fc7", "embedding");
            long[][] shapes = {
                {2, 2, 224, 254},
                {2, 48, 27, 30},
                {2, 128, 13, 14},
                {2, 192, 13, 14},
                {2, 192, 13, 14},
                {2, 128, 6, 6},
                {2, 2048},
                {2, 2048},
                {2, 24}
            };
            int layer = 0;
            for (Map.Entry<String, Tensor> output : outputs.entrySet()) {
                assertThat(Tensors.shape(output.getValue())).as(output.getKey()).isEqualTo(shapes[layer++]);
            }
            double[] embedding = Tensors.doubles(outputs.get("embedding").select(0, 1));
            assertThat(Arrays.stream(embedding).map(v -> v * v).sum()).isCloseTo(1, within(1e-5));
        }
    }

    @Test
    void aTapIsTheSameWhateverElseIsAskedFor() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            AlexNet net = build(arena);
            Tensor images = torch.randn(1, 2, 223, 223);
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

    /** The limits that are told are those of the convolutions: 6×6 inside, another number just outside. */
    @Test
    void onlySidesThatLeaveSixBySixReachTheLinearLayers() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            AlexNet net = build(arena);
            for (int side : new int[] {222, 223, 254, 255}) {
                Tensor images = torch.randn(1, 2, side, 224);
                long left = net.forward(images, Set.of("block5")).get("block5").size(2);
                assertThat(CONFIG.sizeProblem(side, 224).isEmpty())
                        .as("side %d", side)
                        .isEqualTo(left == 6);
                assertThat(CONFIG.sizeProblem(224, side)).isEqualTo(CONFIG.sizeProblem(side, 224));
                if (left == 6) {
                    assertThat(Tensors.shape(net.embed(images))).containsExactly(1, 24);
                } else {
                    assertThatThrownBy(() -> net.embed(images))
                            .isInstanceOf(UserError.class)
                            .hasMessageContaining("223 to 254 pixels")
                            .hasMessageContaining("leave " + left + "×6;");
                }
            }
        }
    }

    @Test
    void theSentenceNamesTheSizesThatWork() {
        assertThat(CONFIG.sizeProblem(64, 64)).contains("223 to 254 pixels for an AlexNet, such as 224");
        assertThat(new ResNet.Config(18, 1, 8).sizeProblem(6, 64))
                .contains("at least 7 pixels, the kernel of a ResNet's first convolution");
        assertThat(new ResNet.Config(18, 1, 8).sizeProblem(7, 300)).isEmpty();
    }

    @Test
    void aBatchOfOneCannotBeTrainedOn() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            AlexNet net = build(arena);
            net.train(true);
            assertThatThrownBy(() -> net.embed(torch.randn(1, 2, 224, 224)))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("batches of one picture")
                    .hasMessageContaining("train.batch-size = 2");
            assertThat(net.forward(torch.randn(1, 2, 224, 224), Set.of("block5")))
                    .containsOnlyKeys("block5");
        }
    }

    @Test
    void weightsStartUniformWithinTheFanIn() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Map<String, Tensor> state = StateDict.of(build(arena));
            int uniform = 0;
            for (Map.Entry<String, Tensor> entry : state.entrySet()) {
                String name = entry.getKey();
                double[] values = Tensors.doubles(entry.getValue());
                boolean linear = name.startsWith("fc") && name.contains(".0.");
                if (entry.getValue().dim() == 4 || linear) {
                    Tensor weight = state.get(name.replace(".bias", ".weight"));
                    double bound = 1 / Math.sqrt((double) weight.numel() / weight.size(0));
                    double[] scaled = Arrays.stream(values).map(v -> v / bound).toArray();
                    double largest = Arrays.stream(scaled).map(Math::abs).max().orElseThrow();
                    assertThat(largest).as(name).isBetween(1 - 8.0 / values.length, 1 + 1e-6);
                    // Five standard errors of the mean and of the mean square of U(−1, 1).
                    assertThat(Arrays.stream(scaled).average().orElseThrow())
                            .as("mean of %s", name)
                            .isCloseTo(0, within(5 * Math.sqrt(1.0 / 3 / values.length)));
                    assertThat(Arrays.stream(scaled).map(v -> v * v).average().orElseThrow())
                            .as("mean square of %s", name)
                            .isCloseTo(1.0 / 3, within(5 * Math.sqrt(4.0 / 45 / values.length)));
                    uniform++;
                } else if (name.endsWith(".weight") || name.endsWith(".running_var")) {
                    assertThat(values).as(name).containsOnly(1);
                } else {
                    assertThat(values).as(name).containsOnly(0);
                }
            }
            assertThat(uniform).isEqualTo(5 + 3 * 2);
        }
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new AlexNet.Config(0))
                .isInstanceOf(InvalidValues.class)
                .hasMessage("featureDim = 0 must be at least 1");
    }
}
