package io.contrast4j.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class InfoNceTest {
    @Property(tries = 150)
    void lossAndGradientAreTheFormulas(
            @ForAll @IntRange(min = 1, max = 6) int rows,
            @ForAll @IntRange(min = 1, max = 9) int negatives,
            @ForAll @DoubleRange(min = 0.1, max = 2) double temperature,
            @ForAll long seed) {
        ScoreTable table = ScoreTable.random(rows, negatives, 100, seed);
        try (Scope scope = Scope.open()) {
            Tensor leaf = table.leaf();
            Loss loss = new InfoNce(new InfoNce.Config(temperature)).of(List.of(table.of("l", leaf)));
            loss.total().backward();

            assertThat(Tensors.scalar(loss.total())).isCloseTo(loss(table, temperature), within(1e-9));
            assertThat(Tensors.doubles(leaf.grad()))
                    .containsExactly(table.differences(t -> loss(t, temperature)), within(1e-6));
            double logit = 0;
            for (double[] row : table.scores()) {
                logit += row[0] / temperature / rows;
            }
            assertThat(loss.parts()).containsOnlyKeys("loss.l", "logit.l");
            assertThat(Tensors.scalar(loss.parts().get("logit.l"))).isCloseTo(logit, within(1e-9));
            assertThat(Tensors.shape(loss.total())).isEmpty();
        }
    }

    /** In plain Java, without the trick that keeps large logits finite. */
    private static double loss(ScoreTable table, double temperature) {
        double sum = 0;
        for (double[] row : table.scores()) {
            double denominator = 0;
            for (double score : row) {
                denominator += Math.exp(score / temperature);
            }
            sum -= Math.log(Math.exp(row[0] / temperature) / denominator);
        }
        return sum / table.rows();
    }

    @Test
    void severalPairsAddUp() {
        try (Scope scope = Scope.open()) {
            ScoreTable l = ScoreTable.random(4, 6, 100, 1);
            ScoreTable ab = ScoreTable.random(4, 6, 100, 2);
            Loss loss = new InfoNce(new InfoNce.Config(0.2)).of(List.of(l.of("l", l.leaf()), ab.of("ab", ab.leaf())));
            assertThat(loss.parts().keySet()).containsExactly("loss.l", "logit.l", "loss.ab", "logit.ab");
            assertThat(Tensors.scalar(loss.total())).isCloseTo(loss(l, 0.2) + loss(ab, 0.2), within(1e-9));
        }
    }

    @Test
    void logitsBeyondTheRangeOfExpStayExact() {
        try (Scope scope = Scope.open()) {
            // Logits 1000, 1000 and −1000: in float32 exp would be infinite from 89 on.
            Tensor leaf = Tensors.of(new float[] {1, 1, -1}, 1, 3).set_requires_grad(true);
            Scores scores = Scores.of("l", leaf.narrow(1, 0, 1), leaf.narrow(1, 1, 2), 10);
            Loss loss = new InfoNce(new InfoNce.Config(1e-3)).of(List.of(scores));
            loss.total().backward();
            assertThat(loss.total().scalar_type().intern()).isEqualTo(ScalarType.Float);
            assertThat(Tensors.scalar(loss.total())).isCloseTo(Math.log(2), within(1e-6));
            assertThat(Tensors.doubles(leaf.grad())).containsExactly(new double[] {-500, 500, 0}, within(1e-2));
        }
    }
}
