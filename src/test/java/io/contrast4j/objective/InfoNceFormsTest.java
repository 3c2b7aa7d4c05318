package io.contrast4j.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** InfoNCE with several positives, weights, masks, neighbours and both denominators, against plain Java. */
class InfoNceFormsTest {
    /** Positives, neighbours and negatives of each anchor, the weight of each positive, and which negatives count. */
    private record Table(
            double[][] positive,
            double[][] neighbours,
            double[][] negatives,
            double[][] share,
            double[][] kept,
            Scores.Denominator denominator,
            Optional<Scores.Combination> combination) {
        static Table random(int rows, int positives, int negatives, boolean neighbours, long seed) {
            CounterRandom random = CounterRandom.of(seed);
            Table table = new Table(
                    new double[rows][positives],
                    new double[rows][neighbours ? random.nextInt(4) : 0],
                    new double[rows][negatives],
                    new double[rows][positives],
                    new double[rows][negatives],
                    Scores.Denominator.values()[random.nextInt(2)],
                    neighbours ? Optional.of(Scores.Combination.values()[random.nextInt(2)]) : Optional.empty());
            for (int r = 0; r < rows; r++) {
                fill(table.positive[r], random);
                fill(table.neighbours[r], random);
                fill(table.negatives[r], random);
                for (int p = 0; p < positives; p++) {
                    // 0, 1, or a weight in between; now and then a row is all 0.
                    table.share[r][p] = Math.max(0, Math.min(1, random.nextDouble(-1, 2)));
                }
                for (int k = 0; k < negatives; k++) {
                    table.kept[r][k] = k == 0 || random.nextInt(3) > 0 ? 1 : 0;
                }
            }
            return table;
        }

        private static void fill(double[] row, CounterRandom random) {
            for (int i = 0; i < row.length; i++) {
                row[i] = random.nextDouble(-1, 1);
            }
        }

        /** All values that have a gradient, one after another. */
        List<double[][]> values() {
            return List.of(positive, neighbours, negatives);
        }

        Scores scores(List<Tensor> leaves) {
            Scores scores = Scores.of("l", leaves.get(0), leaves.get(2), 100)
                    .sharing(tensor(share))
                    .keeping(tensor(kept).ne(Tensors.scalar(0)))
                    .against(denominator);
            return combination
                    .map(how -> scores.with(new Scores.Neighbours(leaves.get(1), how)))
                    .orElse(scores);
        }

        /** The definition, anchor for anchor. */
        double loss(double temperature, double baseTemperature) {
            double sum = 0;
            int anchors = 0;
            for (int r = 0; r < positive.length; r++) {
                double count = 0;
                double mean = 0;
                for (int p = 0; p < positive[r].length; p++) {
                    count += share[r][p];
                    mean += share[r][p] * positive[r][p] / temperature;
                }
                if (count == 0) {
                    continue;
                }
                anchors++;
                double denominator = 0;
                for (int k = 0; k < negatives[r].length; k++) {
                    denominator += kept[r][k] * Math.exp(negatives[r][k] / temperature);
                }
                if (this.denominator == Scores.Denominator.ALL) {
                    for (double p : positive[r]) {
                        denominator += Math.exp(p / temperature);
                    }
                }
                double numerator = mean / count;
                if (combination.isPresent()) {
                    double exponentials = 0;
                    double logits = 0;
                    int number = 0;
                    for (double[] row : List.of(positive[r], neighbours[r])) {
                        for (double value : row) {
                            exponentials += Math.exp(value / temperature);
                            logits += value / temperature;
                            number++;
                        }
                    }
                    numerator = combination.get() == Scores.Combination.MEAN ? logits / number : Math.log(exponentials);
                }
                sum += Math.log(denominator) - numerator;
            }
            return anchors == 0 ? 0 : temperature / baseTemperature * sum / anchors;
        }
    }

    private static Tensor tensor(double[][] values) {
        return Tensors.of(
                java.util.Arrays.stream(values)
                        .flatMapToDouble(java.util.Arrays::stream)
                        .toArray(),
                values.length,
                values[0].length);
    }

    private static InfoNce infoNce(double temperature, double base, InfoNce.WithoutPositives rule) {
        return new InfoNce(new InfoNce.Config(temperature, Optional.of(base), rule));
    }

    @Property(tries = 300)
    void lossAndGradientAreTheFormulas(
            @ForAll @IntRange(min = 1, max = 5) int rows,
            @ForAll @IntRange(min = 1, max = 4) int positives,
            @ForAll @IntRange(min = 1, max = 7) int negatives,
            @ForAll boolean neighbours,
            @ForAll @DoubleRange(min = 0.1, max = 2) double temperature,
            @ForAll @DoubleRange(min = 0.05, max = 1) double base,
            @ForAll long seed) {
        // Neighbours come with one positive of weight 1, or with none.
        Table table = Table.random(rows, neighbours ? 1 : positives, negatives, neighbours, seed);
        if (neighbours) {
            for (double[] share : table.share()) {
                share[0] = share[0] > 0 ? 1 : 0;
            }
        }
        try (Scope scope = Scope.open()) {
            List<Tensor> leaves = new ArrayList<>();
            table.values().forEach(values -> leaves.add(tensor(values).set_requires_grad(true)));
            Loss loss = infoNce(temperature, base, InfoNce.WithoutPositives.LEFT_OUT)
                    .of(List.of(table.scores(leaves)));
            loss.total().backward();
            double expected = table.loss(temperature, base);
            assertThat(Tensors.scalar(loss.total())).isCloseTo(expected, within(1e-9 * Math.max(1, expected)));
            for (int i = 0; i < leaves.size(); i++) {
                double[] expectedGradient = Differences.of(table.values().get(i), () -> table.loss(temperature, base));
                double[] gradient = leaves.get(i).grad().defined()
                        ? Tensors.doubles(leaves.get(i).grad())
                        : new double[expectedGradient.length];
                assertThat(gradient).containsExactly(expectedGradient, within(1e-5));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void anchorsWithoutPositives(InfoNce.WithoutPositives rule) {
        try (Scope scope = Scope.open()) {
            Tensor positive =
                    Tensors.of(new double[] {0.9, 0.8, 0.7, 0.6}, 2, 2).set_requires_grad(true);
            Tensor negatives = Tensors.of(new double[] {0.1, 0.2}, 2, 1).set_requires_grad(true);
            Tensor second = Tensors.of(new double[] {0, 0, 1, 1}, 2, 2);
            for (Tensor share : List.of(second, second.mul(Tensors.scalar(0)))) {
                positive.mutable_grad().reset();
                Loss loss = infoNce(0.01, 0.07, rule)
                        .of(List.of(Scores.of("l", positive, negatives, 9).sharing(share)));
                loss.total().backward();
                boolean finite = rule == InfoNce.WithoutPositives.LEFT_OUT;
                assertThat(Double.isFinite(Tensors.scalar(loss.total()))).isEqualTo(finite);
                assertThat(Double.isFinite(Tensors.scalar(loss.parts().get("logit.l"))))
                        .isEqualTo(finite);
                if (finite) {
                    double[] gradient = Tensors.doubles(positive.grad());
                    assertThat(gradient).doesNotContain(Double.NaN);
                    assertThat(gradient[0]).isZero();
                    assertThat(gradient[2] != 0).isEqualTo(share == second);
                    assertThat(Tensors.doubles(negatives.grad())).doesNotContain(Double.NaN);
                }
            }
        }
    }

    @Test
    void rowsOfLargeLengthDoNotUnderflow() {
        try (Scope scope = Scope.open()) {
            // The masked entry, a row with itself, is 1e6 above all others.
            Tensor scores = Tensors.of(new float[] {1e6f, 3, 1}, 1, 3).set_requires_grad(true);
            Tensor others = Tensors.of(new float[] {0, 1, 1}, 1, 3);
            Tensor share = Tensors.of(new float[] {0, 1, 0}, 1, 3);
            Loss loss = new InfoNce(new InfoNce.Config(0.5))
                    .of(List.of(Scores.of("l", scores, scores, 3)
                            .sharing(share)
                            .keeping(others.ne(Tensors.scalar(0)))
                            .against(Scores.Denominator.NEGATIVES)));
            loss.total().backward();
            assertThat(loss.total().scalar_type().intern()).isEqualTo(ScalarType.Float);
            assertThat(Tensors.scalar(loss.total())).isCloseTo(Math.log1p(Math.exp(-4)), within(1e-7));
            double slope = 2 / (1 + Math.exp(4));
            assertThat(Tensors.doubles(scores.grad())).containsExactly(new double[] {0, -slope, slope}, within(1e-6));
        }
    }
}
