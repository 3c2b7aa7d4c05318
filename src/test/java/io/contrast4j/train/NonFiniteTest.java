package io.contrast4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.method.Method;
import io.contrast4j.objective.Nce;
import io.contrast4j.objective.Scores;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class NonFiniteTest {
    /** Three anchors with a positive and four negatives, all as dissimilar as can be. */
    private static Scores opposites() {
        return Scores.of(
                "l", torch.torch_ones(3, 1).neg(), torch.torch_ones(3, 4).neg(), 10);
    }

    private static Method.Output output(Scores scores) {
        Nce nce = new Nce(new Nce.Config(0.07, Nce.Constant.TRUNCATED));
        return new Method.Output(
                nce.of(List.of(scores)), List.of(scores), List.of(), List.of(), Tensors.of(new long[] {7, 5, 9}, 3));
    }

    /** Z is 0 for whole numbers here, so that every ratio to it is infinite. */
    @Test
    void ofAnObjectiveThatFailsOnNumbersAllPicturesAreNamed() {
        try (Scope scope = Scope.open()) {
            assertThat(NonFinite.in(output(opposites())).description())
                    .isEqualTo("The loss is no number (loss, loss.l, prob.l, although all features and similarities are"
                            + " numbers, in a batch of the training pictures [5, 7, 9])");
        }
    }

    @Test
    void elseThoseWhoseSimilaritiesAreNone() {
        try (Scope scope = Scope.open()) {
            Scores scores = opposites();
            Tensor row = scores.negatives().select(0, 2);
            row.fill_(Tensors.scalar(Double.NaN));
            assertThat(NonFinite.in(output(scores)).description())
                    .isEqualTo("The loss is no number (loss, loss.l, prob.l, from the training pictures [9])");
        }
    }
}
