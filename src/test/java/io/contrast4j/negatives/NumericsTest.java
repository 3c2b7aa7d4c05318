package io.contrast4j.negatives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.objective.AlignUniform;
import io.contrast4j.objective.Alignment;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Loss;
import io.contrast4j.objective.Nce;
import io.contrast4j.objective.Objective;
import io.contrast4j.objective.Scores;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** In float32 no loss and no gradient is ever lost, where a formula divides by zero or a power or exponential overflows. */
class NumericsTest {
    private static final int DIM = 5;
    private static final double COLD = 0.01;

    private static Tensor unitRows(int rows, CounterRandom random) {
        float[] values = new float[rows * DIM];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensors.unitRows(Tensors.of(values, rows, DIM)).detach();
    }

    private static void assertFinite(Tensor loss, Tensor leaf) {
        loss.backward();
        assertThat(Tensors.scalar(loss)).isFinite();
        assertThat(Arrays.stream(Tensors.doubles(leaf.grad())).boxed()).allMatch(Double::isFinite);
    }

    @Property(tries = 200)
    void anchorsWithoutPositivesAreLeftOut(
            @ForAll @IntRange(min = 1, max = 6) int samples,
            @ForAll @IntRange(min = 1, max = 6) int classes,
            @ForAll long seed) {
        CounterRandom random = CounterRandom.of(seed);
        long[] labels = random.longs(samples, 0, classes).toArray();
        try (Scope scope = Scope.open()) {
            Tensor x = unitRows(samples, random).set_requires_grad(true);
            Tensor positives = InBatch.sameClass(Tensors.of(labels, samples));
            Scores scores = InBatch.of("end", List.of(x), positives, InBatch.Anchors.ALL);
            Loss loss = new InfoNce(new InfoNce.Config(COLD)).of(List.of(scores));
            assertFinite(loss.total(), x);
            if (Arrays.stream(labels).distinct().count() == samples) {
                assertThat(Tensors.scalar(loss.total())).isZero();
                assertThat(Tensors.doubles(x.grad())).containsOnly(0);
            }
        }
    }

    /** Σ d^α has an infinite gradient at d = 0 for α below 1. */
    @Property(tries = 200)
    void positivesAtDistanceZeroCountAsZero(
            @ForAll @IntRange(min = 1, max = 6) int rows,
            @ForAll @DoubleRange(min = 0.05, max = 0.99) double alpha,
            @ForAll long seed) {
        CounterRandom random = CounterRandom.of(seed);
        int same = random.nextInt(rows + 1);
        try (Scope scope = Scope.open()) {
            Tensor x = unitRows(rows, random);
            Tensor y = unitRows(rows, random);
            y.narrow(0, 0, same).copy_(x.narrow(0, 0, same));
            x.set_requires_grad(true);
            double expected = 0;
            double[] distances =
                    Tensors.doubles(x.detach().sub(y).square().sum(1).sqrt());
            for (int i = same; i < rows; i++) {
                expected += Math.pow(distances[i], alpha) / rows;
            }
            Tensor ofFeatures = new Alignment(alpha).of(x, y);
            assertThat(Tensors.scalar(ofFeatures)).isCloseTo(expected, within(1e-4));
            assertFinite(ofFeatures, x);

            AlignUniform.Config config = new AlignUniform.Config(
                    new AlignUniform.Config.Contrastive(0, COLD),
                    new AlignUniform.Config.Align(1, alpha),
                    new AlignUniform.Config.Uniform(0, 2, AlignUniform.Pairs.NEGATIVES));
            Tensor positive = x.mul(y).sum(new long[] {1}, true, null);
            Tensor ofScores = config.build()
                    .of(List.of(Scores.of("l", positive, x.matmul(y.t()), 9)))
                    .total();
            assertThat(Tensors.scalar(ofScores)).isCloseTo(expected, within(2e-3));
            assertFinite(ofScores, x);
        }
    }

    /** Logits go up to 100, of which the exponential is infinite in float32. */
    @Property(tries = 200)
    void aLowTemperatureGivesTheSameAsInFloat64(
            @ForAll @IntRange(min = 1, max = 4) int rows,
            @ForAll @IntRange(min = 1, max = 8) int negatives,
            @ForAll Extreme extreme,
            @ForAll long seed) {
        CounterRandom random = CounterRandom.of(seed);
        double[] similarities = new double[rows * (1 + negatives)];
        Arrays.setAll(similarities, i -> extreme.of(i % (1 + negatives), random));
        AlignUniform.Config all = new AlignUniform.Config(
                new AlignUniform.Config.Contrastive(1, COLD),
                new AlignUniform.Config.Align(1, 2),
                new AlignUniform.Config.Uniform(1, 2, AlignUniform.Pairs.NEGATIVES));
        for (Objective.Config config : List.of(new InfoNce.Config(COLD), new Nce.Config(COLD), all)) {
            try (Scope scope = Scope.open()) {
                Tensor narrow = Tensors.of(similarities, rows, 1 + negatives)
                        .to(ScalarType.Float)
                        .set_requires_grad(true);
                Tensor wide = narrow.detach().to(ScalarType.Double).set_requires_grad(true);
                Tensor loss = loss(config.build(), narrow);
                Tensor exact = loss(config.build(), wide);
                assertFinite(loss, narrow);
                assertFinite(exact, wide);
                double value = Tensors.scalar(exact);
                assertThat(Tensors.scalar(loss))
                        .as("%s of %s", config, extreme)
                        .isCloseTo(value, within(1e-3 * Math.max(1, Math.abs(value))));
            }
        }
    }

    enum Extreme {
        RANDOM,
        ALL_EQUAL,
        POSITIVE_FAR,
        POSITIVE_NEAR;

        double of(int column, CounterRandom random) {
            return switch (this) {
                case RANDOM -> random.nextDouble(-1, 1);
                case ALL_EQUAL -> 1;
                case POSITIVE_FAR -> column == 0 ? -1 : 1;
                case POSITIVE_NEAR -> column == 0 ? 1 : -1;
            };
        }
    }

    private static Tensor loss(Objective objective, Tensor similarities) {
        long negatives = similarities.size(1) - 1;
        return objective
                .of(List.of(Scores.of("l", similarities.narrow(1, 0, 1), similarities.narrow(1, 1, negatives), 1000)))
                .total();
    }
}
