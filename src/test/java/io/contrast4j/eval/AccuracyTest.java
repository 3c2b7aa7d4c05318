package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class AccuracyTest {
    @Test
    void theTargetCountsIfItIsAmongTheBest() {
        try (Scope scope = Scope.open()) {
            Tensor scores = Tensors.of(
                    new double[] {
                        3, 2, 1, 0,
                        0, 1, 2, 3,
                        1, 3, 0, 2,
                        9, 8, 7, 6
                    },
                    4,
                    4);
            Tensor targets = Tensors.of(new long[] {0, 2, 0, 3}, 4);
            assertThat(Accuracy.top(scores, targets, 1)).isEqualTo(25);
            assertThat(Accuracy.top(scores, targets, 2)).isEqualTo(50);
            assertThat(Accuracy.top(scores, targets, 3)).isEqualTo(75);
            assertThat(Accuracy.top(scores, targets, 4)).isEqualTo(100);
            assertThat(Accuracy.top(scores, targets, 5)).as("as all there are").isEqualTo(100);
        }
    }
}
