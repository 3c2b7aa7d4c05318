package io.contrast4j.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class NceTest {
    private static final Offset<Double> GRADIENT = within(1e-6);

    @Property(tries = 150)
    void lossAndGradientAreTheFormulas(
            @ForAll @IntRange(min = 1, max = 6) int rows,
            @ForAll @IntRange(min = 1, max = 9) int negatives,
            @ForAll @IntRange(min = 2, max = 5000) int population,
            @ForAll @DoubleRange(min = 0.1, max = 2) double temperature,
            @ForAll long seed) {
        ScoreTable table = ScoreTable.random(rows, negatives, population, seed);
        try (Scope scope = Scope.open()) {
            Nce nce = new Nce(new Nce.Config(temperature));
            Tensor leaf = table.leaf();
            Loss loss = nce.of(List.of(table.of("l", leaf)));
            loss.total().backward();

            double z = z(table, temperature);
            assertThat(nce.constants()).containsOnlyKeys("l");
            assertThat(nce.constants().get("l")).isCloseTo(z, within(1e-9 * z));
            double expected = loss(table, temperature, z);
            assertThat(Tensors.scalar(loss.total())).isCloseTo(expected, within(1e-9 * Math.max(1, expected)));
            assertThat(Tensors.doubles(leaf.grad()))
                    .containsExactly(table.differences(t -> loss(t, temperature, z)), GRADIENT);
            assertThat(Tensors.scalar(loss.parts().get("loss.l"))).isEqualTo(Tensors.scalar(loss.total()));
            double prob = 0;
            for (double[] row : table.scores()) {
                prob += Math.exp(row[0] / temperature) / z / rows;
            }
            assertThat(Tensors.scalar(loss.parts().get("prob.l"))).isCloseTo(prob, within(1e-9 * prob));
            assertThat(loss.parts()).containsOnlyKeys("loss.l", "prob.l");
            assertThat(loss.parts().values()).noneMatch(Tensor::requires_grad);
        }
    }

    private static double z(ScoreTable table, double temperature) {
        double sum = 0;
        for (double[] row : table.scores()) {
            for (double score : row) {
                sum += Math.exp(score / temperature);
            }
        }
        return sum / (table.rows() * (table.negatives() + 1)) * table.population();
    }

    private static double loss(ScoreTable table, double temperature, double z) {
        double a = (double) table.negatives() / table.population();
        double sum = 0;
        for (double[] row : table.scores()) {
            for (int k = 0; k < row.length; k++) {
                double o = Math.exp(row[k] / temperature) / z;
                sum += Math.log((k == 0 ? o : a) / (o + a + 1e-7));
            }
        }
        return -sum / table.rows();
    }

    @Test
    void aLowTemperatureIsNoTroubleInFloat32() {
        try (Scope scope = Scope.open()) {
            // exp(s/τ) is infinite in float32 from 0.887 on.
            ScoreTable table = new ScoreTable(new double[][] {{0.95, 0.99, -0.5}, {1, 0.2, 0.1}}, 100);
            Tensor leaf = table.leaf().to(ScalarType.Float).detach().set_requires_grad(true);
            Loss loss = new Nce(new Nce.Config(0.01)).of(List.of(table.of("l", leaf)));
            loss.total().backward();
            double z = z(table, 0.01);
            assertThat(Tensors.scalar(loss.total())).isCloseTo(loss(table, 0.01, z), within(1e-4));
            assertThat(Tensors.doubles(leaf.grad()))
                    .containsExactly(table.differences(t -> loss(t, 0.01, z)), within(1e-2));
        }
    }

    @Test
    void aBatchThatGivesNoNumberDoesNotSetTheConstant() {
        try (Scope scope = Scope.open()) {
            Nce nce = new Nce(new Nce.Config(0.5));
            ScoreTable spoiled = new ScoreTable(new double[][] {{Double.NaN, 0.1}}, 50);
            ScoreTable sound = ScoreTable.random(3, 4, 50, 1);
            assertThat(Tensors.scalar(
                            nce.of(List.of(spoiled.of("l", spoiled.leaf()))).total()))
                    .isNaN();
            nce.of(List.of(sound.of("l", sound.leaf())));
            assertThat(nce.constants().get("l")).isCloseTo(z(sound, 0.5), within(1e-9));
        }
    }

    @Test
    void aBatchOfOneHasItsShape() {
        try (Scope scope = Scope.open()) {
            ScoreTable table = ScoreTable.random(1, 5, 40, 3);
            List<Tensor> ratios = new Nce(new Nce.Config(0.07)).ratios(table.of("l", table.leaf()));
            assertThat(Tensors.shape(ratios.get(0))).containsExactly(1, 1);
            assertThat(Tensors.shape(ratios.get(1))).containsExactly(1, 5);
        }
    }

    @Test
    void theFirstBatchOfAPairSetsItsConstantForEver() {
        try (Scope scope = Scope.open()) {
            Nce nce = new Nce(new Nce.Config(0.5));
            ScoreTable first = ScoreTable.random(3, 4, 50, 1);
            ScoreTable second = ScoreTable.random(5, 4, 50, 2);
            nce.of(List.of(first.of("l", first.leaf())));
            double z = nce.constants().get("l");

            Loss later = nce.of(List.of(second.of("l", second.leaf()), first.of("ab", first.leaf())));

            assertThat(nce.constants().get("l")).isEqualTo(z).isNotCloseTo(z(second, 0.5), within(1e-3));
            assertThat(nce.constants().get("ab")).isEqualTo(z);
            double l = loss(second, 0.5, z);
            double ab = loss(first, 0.5, z);
            assertThat(Tensors.scalar(later.parts().get("loss.l"))).isCloseTo(l, within(1e-9));
            assertThat(Tensors.scalar(later.parts().get("loss.ab"))).isCloseTo(ab, within(1e-9));
            assertThat(Tensors.scalar(later.total())).isCloseTo(l + ab, within(1e-9));
        }
    }

    @Test
    void theConstantsOfAStepThatDoesNotCountAreTakenBack() {
        try (Scope scope = Scope.open()) {
            Nce nce = new Nce(new Nce.Config(0.5));
            ScoreTable first = ScoreTable.random(3, 4, 50, 1);
            ScoreTable second = ScoreTable.random(3, 4, 50, 2);
            nce.of(List.of(first.of("l", first.leaf())));
            nce.commit();
            double z = nce.constants().get("l");

            nce.of(List.of(second.of("l", second.leaf()), first.of("ab", first.leaf())));
            nce.revoke();
            assertThat(nce.constants()).containsExactly(Map.entry("l", z));

            nce.of(List.of(second.of("ab", second.leaf())));
            assertThat(nce.constants().get("ab")).isCloseTo(z(second, 0.5), within(1e-9 * z(second, 0.5)));
            nce.commit();
            nce.revoke();
            assertThat(nce.constants()).containsOnlyKeys("l", "ab");
        }
    }

    @Test
    void theConstantIsInTheState() {
        try (Scope scope = Scope.open()) {
            ScoreTable first = ScoreTable.random(3, 4, 50, 1);
            ScoreTable second = ScoreTable.random(3, 4, 50, 2);
            Nce trained = new Nce(new Nce.Config(0.3));
            trained.of(List.of(first.of("l", first.leaf())));
            Nce resumed = new Nce(new Nce.Config(0.3));
            resumed.of(List.of(second.of("forgotten", second.leaf())));

            resumed.restore(trained.state(), "file");

            assertThat(resumed.constants()).isEqualTo(trained.constants());
            assertThat(Tensors.scalar(
                            resumed.of(List.of(second.of("l", second.leaf()))).total()))
                    .isEqualTo(Tensors.scalar(
                            trained.of(List.of(second.of("l", second.leaf()))).total()));
        }
    }

    @Test
    void aStateOfSomethingElseIsRefused() {
        Nce nce = new Nce(new Nce.Config(0.3));
        for (Map<String, ?> state :
                List.of(Map.<String, Object>of(), Map.of("z", 3.0), Map.of("z", Map.of("l", "much")))) {
            assertThatThrownBy(() -> nce.restore(state, "epoch3.pth"))
                    .isInstanceOf(UserError.class)
                    .hasMessage("epoch3.pth has no constants Z of NCE; use the objective it was trained with.");
        }
    }
}
