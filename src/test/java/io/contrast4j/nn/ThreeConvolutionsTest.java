package io.contrast4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.spec.InvalidValues;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** The backbone of docs/extending.md. */
class ThreeConvolutionsTest {
    private static final ThreeConvolutions.Config CONFIG = new ThreeConvolutions.Config(4, 6);

    @Test
    void everyTapIsThereWithItsShape() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Backbone network = arena.own(() -> CONFIG.build(2));
            assertThat(network.taps()).containsExactlyElementsOf(CONFIG.taps());
            Map<String, Tensor> outputs = network.forward(torch.randn(3, 2, 16, 24), network.taps());
            assertThat(Tensors.shape(outputs.get("stage2"))).containsExactly(3, 8, 4, 6);
            assertThat(Tensors.shape(outputs.get("pooled"))).containsExactly(3, 16);
            Tensor embedding = outputs.get(Backbone.EMBEDDING);
            assertThat(Tensors.shape(embedding)).containsExactly(3, 6);
            assertThat(Tensors.doubles(embedding.mul(embedding).sum(1)))
                    .containsExactly(new double[] {1, 1, 1}, within(1e-5));
        }
    }

    @Test
    void everyParameterLearns() {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            torch.manual_seed(1);
            Backbone network = arena.own(() -> CONFIG.build(3));
            Tensor weights = torch.randn(8, 6);
            network.embed(torch.randn(8, 3, 16, 16)).mul(weights).sum().backward();
            Map<String, Tensor> parameters = StateDict.parameters(network.module());
            assertThat(parameters).hasSize(3 * 3 + 2);
            parameters.forEach((name, parameter) ->
                    assertThat(parameter.grad().defined()).as(name).isTrue());
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> new ThreeConvolutions.Config(0, 6))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("width");
        assertThat(CONFIG.sizeProblem(7, 64)).isPresent();
        assertThat(CONFIG.sizeProblem(8, 8)).isEmpty();
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Backbone network = arena.own(() -> CONFIG.build(3));
            assertThatThrownBy(() -> network.forward(torch.randn(2, 1, 16, 16), Set.of(Backbone.EMBEDDING)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("N×3×H×W");
        }
    }
}
