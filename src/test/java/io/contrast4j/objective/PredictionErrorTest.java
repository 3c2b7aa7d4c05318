package io.contrast4j.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class PredictionErrorTest {
    @Test
    void itIsTheMeanSquareOfAllNumbers() {
        try (Scope scope = Scope.open()) {
            Tensor predicted = Tensors.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3).set_requires_grad(true);
            Tensor target = Tensors.of(new double[] {1, 0, 3, 4, 8, 6}, 2, 3);
            Tensor error = PredictionError.of(predicted, target);
            error.backward();
            assertThat(Tensors.scalar(error)).isCloseTo((4 + 9) / 6.0, within(1e-12));
            assertThat(Tensors.doubles(predicted.grad()))
                    .containsExactly(new double[] {0, 2 / 3.0, 0, 0, -1, 0}, within(1e-12));
            Tensor half = predicted.detach().to(ScalarType.Half);
            assertThat(PredictionError.of(half, half).scalar_type().intern()).isEqualTo(ScalarType.Float);
        }
    }

    @Test
    void shapesThatDifferAreNotStretched() {
        try (Scope scope = Scope.open()) {
            Tensor row = Tensors.of(new double[] {1, 2, 3}, 1, 3);
            Tensor column = Tensors.of(new double[] {1, 2, 3}, 3, 1);
            assertThatThrownBy(() -> PredictionError.of(row, column))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a prediction of shape [1, 3] is not of the target's shape [3, 1]");
        }
    }
}
