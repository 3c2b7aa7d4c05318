package io.contrast4j.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class DistillationTest {
    @Property(tries = 100)
    void lossAndGradientAreTheFormulas(
            @ForAll @IntRange(min = 1, max = 5) int rows,
            @ForAll @IntRange(min = 1, max = 6) int classes,
            @ForAll @DoubleRange(min = 0.3, max = 5) double temperature,
            @ForAll long seed) {
        ScoreTable student = ScoreTable.random(rows, classes - 1, 1, seed);
        ScoreTable teacher = ScoreTable.random(rows, classes - 1, 1, seed + 1);
        try (Scope scope = Scope.open()) {
            Tensor leaf = student.leaf();
            Tensor wanted = teacher.leaf();
            Tensor loss = new Distillation(temperature).of(leaf, wanted);
            loss.backward();
            assertThat(Tensors.shape(loss)).isEmpty();
            assertThat(Tensors.scalar(loss)).isCloseTo(loss(student, teacher, temperature), within(1e-9));
            assertThat(Tensors.doubles(leaf.grad()))
                    .containsExactly(student.differences(s -> loss(s, teacher, temperature)), within(1e-6));
            assertThat(wanted.grad().defined()).isFalse();
        }
    }

    private static double loss(ScoreTable student, ScoreTable teacher, double temperature) {
        double sum = 0;
        for (int r = 0; r < student.rows(); r++) {
            double[] s = student.scores()[r];
            double[] t = teacher.scores()[r];
            double ofS = 0;
            double ofT = 0;
            for (int c = 0; c < s.length; c++) {
                ofS += Math.exp(s[c] / temperature);
                ofT += Math.exp(t[c] / temperature);
            }
            for (int c = 0; c < s.length; c++) {
                sum -= Math.exp(t[c] / temperature) / ofT * (s[c] / temperature - Math.log(ofS));
            }
        }
        return temperature * temperature * sum / student.rows();
    }

    @Test
    void sixteenBitLogitsAreWidened() {
        try (Scope scope = Scope.open()) {
            Tensor logits = Tensors.of(new float[] {3, -2, 1}, 1, 3);
            Tensor loss = new Distillation(3).of(logits.to(ScalarType.BFloat16), logits.to(ScalarType.BFloat16));
            assertThat(loss.scalar_type().intern()).isEqualTo(ScalarType.Float);
            assertThat(Tensors.scalar(loss)).isEqualTo(Tensors.scalar(new Distillation(3).of(logits, logits)));
        }
    }
}
