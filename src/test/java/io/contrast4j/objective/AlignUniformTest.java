package io.contrast4j.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AlignUniformTest {
    private static AlignUniform.Config config(
            double contrastive, double align, double alpha, double uniform, double t, AlignUniform.Pairs pairs) {
        return new AlignUniform.Config(
                new AlignUniform.Config.Contrastive(contrastive, 0.2),
                new AlignUniform.Config.Align(align, alpha),
                new AlignUniform.Config.Uniform(uniform, t, pairs));
    }

    private static double[][] unitRows(int rows, int dim, long seed) {
        CounterRandom random = CounterRandom.of(seed);
        double[][] x = new double[rows][dim];
        for (double[] row : x) {
            double squares = 0;
            for (int d = 0; d < dim; d++) {
                row[d] = random.nextDouble(-1, 1);
                squares += row[d] * row[d];
            }
            for (int d = 0; d < dim; d++) {
                row[d] /= Math.sqrt(squares);
            }
        }
        return x;
    }

    private static Tensor tensor(double[][] x) {
        return Tensors.of(Arrays.stream(x).flatMapToDouble(Arrays::stream).toArray(), x.length, x[0].length);
    }

    private static double square(double[] x, double[] y) {
        double sum = 0;
        for (int d = 0; d < x.length; d++) {
            sum += (x[d] - y[d]) * (x[d] - y[d]);
        }
        return sum;
    }

    private static double align(double[][] x, double[][] y, double alpha) {
        return align(x, y, alpha, 0);
    }

    /** @param more is added to each squared distance */
    private static double align(double[][] x, double[][] y, double alpha, double more) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += Math.pow(Math.max(0, square(x[i], y[i]) + more), alpha / 2);
        }
        return sum / x.length;
    }

    /** What the rounding of similarities makes of {@link #align}: for small α very much where a distance is near 0. */
    private static double roundingOfAlign(double[][] x, double[][] y, double alpha) {
        double noise = 16 * Math.ulp(1.0);
        return align(x, y, alpha, noise) - align(x, y, alpha, -noise);
    }

    /** Log-mean over the pairs within {@code x} if wanted, and those of {@code x} with {@code negatives} that are kept. */
    private static double uniform(double[][] x, boolean within, double[][] negatives, boolean[] kept, double t) {
        double sum = 0;
        int pairs = 0;
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; within && j < i; j++) {
                sum += Math.exp(-t * square(x[i], x[j]));
                pairs++;
            }
            for (int k = 0; k < negatives.length; k++) {
                if (kept[k]) {
                    sum += Math.exp(-t * square(x[i], negatives[k]));
                    pairs++;
                }
            }
        }
        return Math.log(sum / pairs);
    }

    private static Tensor products(Tensor x, Tensor y) {
        return x.mul(y).sum(new long[] {1}, true, null);
    }

    @Property(tries = 150)
    void theTermsAreTheFormulas(
            @ForAll @IntRange(min = 1, max = 5) int rows,
            @ForAll @IntRange(min = 1, max = 6) int count,
            @ForAll @IntRange(min = 2, max = 5) int dim,
            @ForAll @DoubleRange(min = 0.3, max = 4) double alpha,
            @ForAll @DoubleRange(min = 0.3, max = 4) double t,
            @ForAll AlignUniform.Pairs pairs,
            @ForAll long seed) {
        double[][] x = unitRows(rows, dim, seed);
        double[][] y = unitRows(rows, dim, seed + 1);
        double[][] negatives = unitRows(count, dim, seed + 2);
        CounterRandom random = CounterRandom.of(seed + 3);
        boolean[] kept = new boolean[count];
        double[][] mask = new double[rows][count];
        for (int k = 0; k < count; k++) {
            kept[k] = k == 0 || random.nextInt(3) > 0;
            for (double[] row : mask) {
                row[k] = kept[k] ? 1 : 0;
            }
        }
        try (Scope scope = Scope.open()) {
            Tensor q = tensor(x);
            Scores scores = Scores.of(
                            "l",
                            products(q, tensor(y)),
                            q.matmul(tensor(negatives).t()),
                            50)
                    .keeping(tensor(mask).ne(Tensors.scalar(0)))
                    .within(List.of(q.matmul(q.t())));
            AlignUniform.Config config = config(0.3, 1.5, alpha, -0.7, t, pairs);
            Loss loss = new AlignUniform(config).of(List.of(scores.times(2)));

            double contrastive = Tensors.scalar(
                    new InfoNce(new InfoNce.Config(0.2)).of(List.of(scores)).total());
            double align = align(x, y, alpha);
            double uniform = uniform(x, pairs == AlignUniform.Pairs.NEGATIVES_AND_BATCH, negatives, kept, t);
            assertThat(loss.parts().keySet()).containsExactly("loss.l", "contrastive.l", "align.l", "unif.l");
            assertThat(Tensors.scalar(loss.parts().get("contrastive.l"))).isCloseTo(contrastive, within(1e-9));
            double rounding = roundingOfAlign(x, y, alpha);
            assertThat(Tensors.scalar(loss.parts().get("align.l"))).isCloseTo(align, within(1e-9 + rounding));
            assertThat(Tensors.scalar(loss.parts().get("unif.l"))).isCloseTo(uniform, within(1e-9));
            double total = 0.3 * contrastive + 1.5 * align - 0.7 * uniform;
            assertThat(Tensors.scalar(loss.parts().get("loss.l"))).isCloseTo(total, within(1e-8 + 1.5 * rounding));
            assertThat(Tensors.scalar(loss.total())).isCloseTo(2 * total, within(2e-8 + 3 * rounding));
            assertThat(loss.parts().values()).noneMatch(Tensor::requires_grad);
        }
    }

    @Property(tries = 100)
    void theGradientIsThatOfTheFormulas(
            @ForAll @IntRange(min = 1, max = 4) int rows,
            @ForAll @IntRange(min = 1, max = 5) int count,
            @ForAll @DoubleRange(min = 0.3, max = 4) double alpha,
            @ForAll @DoubleRange(min = 0.3, max = 3) double t,
            @ForAll long seed) {
        ScoreTable table = ScoreTable.random(rows, count, 50, seed);
        try (Scope scope = Scope.open()) {
            Tensor leaf = table.leaf();
            new AlignUniform(config(0, 2, alpha, 0.5, t, AlignUniform.Pairs.NEGATIVES))
                    .of(List.of(table.of("l", leaf)))
                    .total()
                    .backward();
            double sum = 0;
            for (double[] row : table.scores()) {
                for (int k = 1; k <= count; k++) {
                    sum += Math.exp(-t * (2 - 2 * row[k]));
                }
            }
            // Differences would be wrong by any factor where a score is near 1: the slope goes to infinity there.
            double[] gradient = Tensors.doubles(leaf.grad());
            for (int i = 0; i < gradient.length; i++) {
                int k = i % (count + 1);
                double distance = 2 - 2 * table.scores()[i / (count + 1)][k];
                double expected = k == 0
                        ? 2 * -alpha * Math.pow(distance, alpha / 2 - 1) / rows
                        : 0.5 * 2 * t * Math.exp(-t * distance) / sum;
                assertThat(gradient[i]).isCloseTo(expected, within(1e-9 * Math.max(1, Math.abs(expected))));
            }
        }
    }

    @Property(tries = 60)
    void withoutNegativesItIsTheMeanWithinTheSides(
            @ForAll @IntRange(min = 2, max = 6) int rows,
            @ForAll @IntRange(min = 2, max = 5) int dim,
            @ForAll @DoubleRange(min = 0.5, max = 3) double t,
            @ForAll long seed) {
        double[][] x = unitRows(rows, dim, seed);
        double[][] y = unitRows(rows, dim, seed + 1);
        try (Scope scope = Scope.open()) {
            Tensor a = tensor(x);
            Tensor b = tensor(y);
            Scores scores = Scores.of("l", products(a, b), Tensors.zeros(ScalarType.Double, rows, 0), rows)
                    .within(List.of(a.matmul(a.t()), b.matmul(b.t())));
            AlignUniform objective = new AlignUniform(config(0, 1, 2, 1, t, AlignUniform.Pairs.NEGATIVES_AND_BATCH));
            double ofX = uniform(x, true, new double[0][], new boolean[0], t);
            double ofY = uniform(y, true, new double[0][], new boolean[0], t);
            double expected = align(x, y, 2) + (ofX + ofY) / 2;
            assertThat(Tensors.scalar(objective.of(List.of(scores)).total())).isCloseTo(expected, within(1e-9));

            // The functions of the features themselves say the same.
            Uniformity uniformity = new Uniformity(t);
            double functions = Tensors.scalar(new Alignment(2).of(a, b))
                    + (Tensors.scalar(uniformity.of(a)) + Tensors.scalar(uniformity.of(b))) / 2;
            assertThat(functions).isCloseTo(expected, within(1e-9));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.5, 1, 1.9, 2, 3, 4})
    void equalFeaturesHaveAFiniteValueAndGradient(double alpha) {
        for (ScalarType type : List.of(ScalarType.Float, ScalarType.Double)) {
            try (Scope scope = Scope.open()) {
                // Equal rows, equal up to a rounding in both directions, and opposite ones.
                Tensor leaf = Tensors.of(new double[] {1, 1 + 3e-7, 1 - 1e-16, -1}, 4, 1)
                        .to(type)
                        .detach()
                        .set_requires_grad(true);
                Tensor value = new Alignment(alpha).ofSimilarities(leaf);
                value.backward();
                assertThat(Tensors.scalar(value)).isCloseTo(Math.pow(4, alpha / 2) / 4, within(1e-6));
                assertThat(Tensors.doubles(leaf.grad()))
                        .doesNotContain(Double.NaN, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

                Tensor x = Tensors.of(new double[] {1, 2, 3, 4}, 2, 2).to(type).set_requires_grad(true);
                Tensor same = new Alignment(alpha).of(x, x.detach());
                same.backward();
                assertThat(Tensors.scalar(same)).isZero();
                assertThat(Tensors.doubles(x.grad())).containsOnly(0);
            }
        }
    }

    @Test
    void uniformityOfEqualRowsIsZeroWithoutGradient() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensors.of(new float[] {1, 2, 1, 2, 1, 2}, 3, 2).set_requires_grad(true);
            Tensor value = new Uniformity(2).of(x);
            value.backward();
            assertThat(Tensors.scalar(value)).isCloseTo(0, within(1e-6));
            assertThat(Tensors.doubles(x.grad())).containsOnly(0);
        }
    }

    /** A batch of one has no pairs within: only its negatives count. */
    @Test
    void aBatchOfOneIsFinite() {
        try (Scope scope = Scope.open()) {
            Tensor leaf = Tensors.of(new double[] {0.3, 0.1, -0.4}, 1, 3).set_requires_grad(true);
            Scores scores = Scores.of("l", leaf.narrow(1, 0, 1), leaf.narrow(1, 1, 2), 9)
                    .within(List.of(Tensors.of(new double[] {1}, 1, 1)));
            Loss loss =
                    new AlignUniform(config(0, 1, 1, 1, 2, AlignUniform.Pairs.NEGATIVES_AND_BATCH)).of(List.of(scores));
            loss.total().backward();
            double uniform = Math.log((Math.exp(-2 * 1.8) + Math.exp(-2 * 2.8)) / 2);
            assertThat(Tensors.scalar(loss.total())).isCloseTo(Math.sqrt(1.4) + uniform, within(1e-9));
            assertThat(Tensors.doubles(leaf.grad())).doesNotContain(Double.NaN);
        }
    }

    @Test
    void aTermOfWeightZeroIsLeftOutEvenIfItIsNaN() {
        try (Scope scope = Scope.open()) {
            Tensor nan = Tensors.of(new double[] {Double.NaN}, 1, 1);
            Tensor negatives = Tensors.of(new double[] {0.5}, 1, 1);
            Loss loss = new AlignUniform(config(0, 0, 2, 1, 2, AlignUniform.Pairs.NEGATIVES))
                    .of(List.of(Scores.of("l", nan, negatives, 9)));
            assertThat(Tensors.scalar(loss.total())).isCloseTo(-2, within(1e-12));
            assertThat(loss.parts().keySet()).containsExactly("loss.l", "unif.l");
        }
    }

    @Test
    void nothingToMinimiseIsRefused() {
        assertThatThrownBy(() -> config(0, 0, 2, 0, 2, AlignUniform.Pairs.NEGATIVES))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("other than 0");
    }

    @Test
    void pairsOfABatchThatAreMissingAreNotPassedOver() {
        try (Scope scope = Scope.open()) {
            ScoreTable table = ScoreTable.random(3, 4, 50, 1);
            AlignUniform objective = new AlignUniform(config(0, 1, 2, 1, 2, AlignUniform.Pairs.NEGATIVES_AND_BATCH));
            assertThatThrownBy(() -> objective.of(List.of(table.of("l", table.leaf()))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("l has none");
        }
    }

    @Test
    void severalPositivesAreNotTakenForOne() {
        try (Scope scope = Scope.open()) {
            Tensor two = Tensors.of(new double[] {0.1, 0.2}, 1, 2);
            Tensor one = two.narrow(1, 0, 1);
            Scores.Neighbours neighbours = new Scores.Neighbours(two, Scores.Combination.MEAN);
            for (Scores scores : List.of(
                    Scores.of("l", two, two, 9),
                    Scores.of("l", one, two, 9).sharing(one),
                    Scores.of("l", one, two, 9).with(neighbours))) {
                AlignUniform.Config align = config(0, 1, 2, 0, 2, AlignUniform.Pairs.NEGATIVES);
                for (Objective objective : List.of(align.build(), new Nce(new Nce.Config(0.1)))) {
                    assertThatThrownBy(() -> objective.of(List.of(scores)))
                            .isInstanceOf(IllegalArgumentException.class)
                            .hasMessage("l has not exactly one positive for each anchor");
                }
            }
        }
    }

    @Test
    void itSaysWhichScoresItCannotTake() {
        AlignUniform.Config contrastive = config(1, 1, 2, 1, 2, AlignUniform.Pairs.NEGATIVES_AND_BATCH);
        AlignUniform.Config pairs = config(0, 1, 2, 1, 2, AlignUniform.Pairs.NEGATIVES);
        AlignUniform.Config batch = config(0, 1, 2, 1, 2, AlignUniform.Pairs.NEGATIVES_AND_BATCH);
        assertThat(reasons(contrastive, EnumSet.allOf(Scores.Trait.class)))
                .containsExactly(
                        "infonce where an anchor has several positives, as alignment is between an anchor and one"
                                + " positive",
                        "infonce where neighbours are positives too, as alignment is between an anchor and one"
                                + " positive",
                        "used with contrastive.weight = 0 where there are no negatives");
        assertThat(reasons(pairs, Set.of(Scores.Trait.NO_NEGATIVES)))
                .containsExactly("used with uniform.pairs = negatives-and-batch where there are no negatives");
        assertThat(reasons(batch, Set.of(Scores.Trait.NO_NEGATIVES, Scores.Trait.CHOSEN_NEGATIVES)))
                .isEmpty();
        assertThat(reasons(new Nce.Config(0.1), EnumSet.allOf(Scores.Trait.class)))
                .hasSize(4);
        assertThat(reasons(new Nce.Config(0.1), Set.of())).isEmpty();
        assertThat(reasons(new InfoNce.Config(0.1), EnumSet.allOf(Scores.Trait.class)))
                .containsExactly("align-uniform where there are no negatives");
    }

    private static List<String> reasons(Objective.Config config, Set<Scores.Trait> traits) {
        Problems problems = new Problems();
        config.check(traits, problems);
        return problems.found().stream().map(InvalidValues.Problem::allowed).toList();
    }

    @Test
    void aStateOfSomethingElseIsRefused() {
        AlignUniform objective = new AlignUniform(config(0, 1, 2, 1, 2, AlignUniform.Pairs.NEGATIVES));
        objective.restore(objective.state(), "file");
        assertThatThrownBy(() -> objective.restore(Map.of("softmax", true), "epoch3.pth"))
                .isInstanceOf(UserError.class)
                .hasMessage("epoch3.pth is not of align-uniform; use the objective.type it was trained with.");
    }
}
