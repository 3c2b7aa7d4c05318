package io.contrast4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.nn.LinearHead.Plan;
import io.contrast4j.nn.LinearHead.Pooling;
import io.contrast4j.nn.LinearHead.Spelling;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class LinearHeadTest {
    @Test
    void poolingIsOverOverlappingBinsLikeTheirs() {
        // 5 rows into 2 bins: rows 0…2 and 2…4; 4 columns: 0…1 and 2…3.
        double[] image = new double[20];
        Arrays.setAll(image, i -> i * i);
        double[] expected = new double[4];
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                for (int row = i * 5 / 2; row < (i * 5 + 5 + 1) / 2; row++) {
                    for (int column = 2 * j; column < 2 * j + 2; column++) {
                        double value = image[row * 4 + column];
                        expected[i * 2 + j] += value / 6;
                    }
                }
            }
        }
        double[] largest = {9 * 9, 11 * 11, 17 * 17, 19 * 19};
        assertThat(pooled(Pooling.AVERAGE, image)).containsExactly(expected, within(1e-4));
        assertThat(pooled(Pooling.MAX, image)).containsExactly(largest, within(1e-4));
    }

    /** The pooled 2×2 map of a 5×4 one, through a classifier that hands on its input. */
    private static double[] pooled(Pooling pooling, double[] image) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            LinearHead head = arena.own(() -> new Plan(Spelling.ALEXNET, pooling, 2).build(4, 1, 5, 4));
            head.load(weights("classifier.LinearClassifier", torch.eye(4), torch.torch_zeros(4)), "identity");
            return Tensors.doubles(head.forward(Tensors.of(toFloats(image), 1, 1, 5, 4)));
        }
    }

    private static float[] toFloats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private static Map<String, Tensor> weights(String prefix, Tensor weight, Tensor bias) {
        Map<String, Tensor> values = new HashMap<>();
        values.put(prefix + ".weight", weight);
        values.put(prefix + ".bias", bias);
        return values;
    }

    @Test
    void eitherSpellingIsReadAndItsOwnIsWritten() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Map<Spelling, String> keys = Map.of(
                    Spelling.ALEXNET, "classifier.LinearClassifier", Spelling.RESNET, "classifier.LiniearClassifier");
            for (Spelling spelling : Spelling.values()) {
                for (String published : keys.values()) {
                    LinearHead head = arena.own(() -> Plan.flat(spelling).build(3, 5));
                    Tensor weight = torch.randn(3, 5);
                    head.load(weights(published, weight, torch.randn(3)), "a file");
                    Map<String, Tensor> state = StateDict.of(head);
                    assertThat(state).containsOnlyKeys(keys.get(spelling) + ".weight", keys.get(spelling) + ".bias");
                    assertThat(Tensors.doubles(state.get(keys.get(spelling) + ".weight")))
                            .isEqualTo(Tensors.doubles(weight));
                }
            }
        }
    }

    @Test
    void otherWeightsAreRefused() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            LinearHead head = arena.own(() -> Plan.flat(Spelling.RESNET).build(3, 5));
            Map<String, Tensor> both =
                    weights("classifier.LinearClassifier", torch.torch_zeros(3, 5), torch.torch_zeros(3));
            both.putAll(weights("classifier.LiniearClassifier", torch.torch_zeros(3, 5), torch.torch_zeros(3)));
            assertThatThrownBy(() -> head.load(both, "both.pth"))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("both.pth")
                    .hasMessageContaining("is unknown here");
            Map<String, Tensor> other =
                    weights("classifier.LinearClassifier", torch.torch_zeros(3, 4), torch.torch_zeros(3));
            assertThatThrownBy(() -> head.load(other, "other.pth"))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("classifier.LiniearClassifier.weight is 3×4 there and 3×5 here");
        }
    }

    @Test
    void weightsStartSmallAndBiasesAtZero() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            torch.manual_seed(8);
            LinearHead head = arena.own(
                    () -> Plan.of(new ResNet.Config(50, 1, 128), "stem").build(20, 128, 56, 56));
            Map<String, Tensor> state = StateDict.of(head);
            double[] weight = Tensors.doubles(state.get("classifier.LiniearClassifier.weight"));
            assertThat(weight).hasSize(20 * 128 * 64);
            double[] scaled = Arrays.stream(weight).map(w -> w / 0.01).toArray();
            int n = scaled.length;
            assertThat(Arrays.stream(scaled).average().orElseThrow()).isCloseTo(0, within(5 / Math.sqrt(n)));
            assertThat(Arrays.stream(scaled).map(w -> w * w).average().orElseThrow())
                    .isCloseTo(1, within(5 * Math.sqrt(2.0 / n)));
            // A normal distribution and no other: the share within one deviation.
            assertThat(Arrays.stream(scaled).filter(w -> Math.abs(w) < 1).count() / (double) n)
                    .isCloseTo(0.6827, within(0.006));
            assertThat(Tensors.doubles(state.get("classifier.LiniearClassifier.bias")))
                    .containsOnly(0);
        }
    }

    @Test
    void aSideGoesWithPoolingOnly() {
        assertThatThrownBy(() -> new Plan(Spelling.ALEXNET, Pooling.NONE, 3))
                .isInstanceOf(InvalidValues.class)
                .hasMessage("side = 3 must be 0 without pooling");
        assertThatThrownBy(() -> new Plan(Spelling.ALEXNET, Pooling.MAX, 0))
                .isInstanceOf(InvalidValues.class)
                .hasMessage("side = 0 must be at least 1");
    }
}
