package io.contrast4j.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class OneStageLossTest {
    private static double crossEntropy(double[] logits, int label) {
        double sum = 0;
        for (double logit : logits) {
            sum += Math.exp(logit);
        }
        return Math.log(sum) - logits[label];
    }

    @Test
    void itIsTheWeightedSumOfItsParts() {
        double[] end = {0.4, -1, 2};
        double[] exit = {1, 0.5, -0.3};
        try (Scope scope = Scope.open()) {
            Tensor z = Tensors.of(end, 1, 3);
            Tensor e = Tensors.of(exit, 1, 3);
            Tensor label = Tensors.of(new long[] {2}, 1);
            Scores contrast = Scores.of("exit", Tensors.of(new double[] {0.7}, 1, 1), z, 9);
            Loss loss = new OneStageLoss(new OneStageLoss.Weights(0.2, 0.3, 0.4), 3)
                    .of(z, List.of(e, e), List.of(contrast, contrast), label);

            assertThat(loss.parts().keySet())
                    .containsExactly(
                            "ce", "ce.exit0", "kl.exit0", "contrast.exit0", "ce.exit1", "kl.exit1", "contrast.exit1");
            double kl = Tensors.scalar(new Distillation(3).of(e, z));
            double denominator = Math.exp(0.7 / 3);
            for (double score : end) {
                denominator += Math.exp(score / 3);
            }
            double pull = 3 / 0.07 * (Math.log(denominator) - 0.7 / 3);
            assertThat(Tensors.scalar(loss.parts().get("contrast.exit0"))).isCloseTo(pull, within(1e-9));
            assertThat(Tensors.scalar(loss.parts().get("kl.exit1"))).isCloseTo(kl, within(1e-12));
            double expected = crossEntropy(end, 2) + 2 * (0.2 * crossEntropy(exit, 2) + 0.3 * kl + 0.4 * pull);
            assertThat(Tensors.scalar(loss.total())).isCloseTo(expected, within(1e-9));
        }
    }

    @Test
    void termsOfWeightZeroAreLeftOut() {
        try (Scope scope = Scope.open()) {
            Tensor z = Tensors.of(new double[] {0.4, -1, 2}, 1, 3);
            Tensor nan = Tensors.of(new double[] {Double.NaN, 0, 0}, 1, 3);
            Loss loss = new OneStageLoss(OneStageLoss.Variant.CE.weights(), 3)
                    .of(z, List.of(nan), List.of(), Tensors.of(new long[] {2}, 1));
            assertThat(loss.parts()).containsOnlyKeys("ce");
            assertThat(Tensors.scalar(loss.total()))
                    .isCloseTo(crossEntropy(new double[] {0.4, -1, 2}, 2), within(1e-12));
        }
    }

    @Test
    void everyExitNeedsItsContrast() {
        try (Scope scope = Scope.open()) {
            Tensor z = Tensors.of(new double[] {0.4, -1, 2}, 1, 3);
            OneStageLoss loss = new OneStageLoss(OneStageLoss.Variant.SELFCON.weights(), 3);
            assertThatThrownBy(() -> loss.of(z, List.of(z), List.of(), Tensors.of(new long[] {2}, 1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("1 exits need as many contrasts, and not 0");
        }
    }
}
