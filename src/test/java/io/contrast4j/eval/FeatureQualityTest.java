package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Comparator;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class FeatureQualityTest {
    private static Tensor random(long seed, int n, int d) {
        torch.manual_seed(seed);
        return torch.randn(n, d).to(ScalarType.Double);
    }

    private static double[][] unit(Tensor rows) {
        int n = (int) rows.size(0);
        double[][] unit = new double[n][];
        for (int i = 0; i < n; i++) {
            double[] row = Tensors.doubles(rows.select(0, i));
            double length = Math.sqrt(IntStream.range(0, row.length)
                    .mapToDouble(j -> row[j] * row[j])
                    .sum());
            unit[i] = IntStream.range(0, row.length)
                    .mapToDouble(j -> row[j] / length)
                    .toArray();
        }
        return unit;
    }

    private static double squared(double[] x, double[] y) {
        return IntStream.range(0, x.length)
                .mapToDouble(j -> (x[j] - y[j]) * (x[j] - y[j]))
                .sum();
    }

    @Property(tries = 30)
    void allFiguresAreWhatTheirFormulasSay(
            @ForAll long seed,
            @ForAll @IntRange(min = 3, max = 20) int n,
            @ForAll @IntRange(min = 2, max = 6) int d,
            @ForAll @DoubleRange(min = 0.5, max = 3) double alpha,
            @ForAll @DoubleRange(min = 0.5, max = 4) double t,
            @ForAll @IntRange(min = 1, max = 25) int k) {
        try (Scope scope = Scope.open()) {
            Tensor one = random(seed, n, d);
            Tensor other = random(seed + 1, n, d);
            FeatureQuality quality = FeatureQuality.of(new FeatureQuality.Config(alpha, t, k), one, other);

            double[][] u = unit(one);
            double[][] v = unit(other);
            double alignment = IntStream.range(0, n)
                    .mapToDouble(i -> Math.pow(squared(u[i], v[i]), alpha / 2))
                    .average()
                    .orElseThrow();
            assertThat(quality.alignment()).isCloseTo(alignment, within(1e-9));
            double[] counts = new double[n];
            double sum = 0;
            for (int i = 0; i < n; i++) {
                int row = i;
                for (int j = 0; j < n; j++) {
                    sum += i == j ? 0 : Math.exp(-t * squared(u[i], u[j]));
                }
                IntStream.range(0, n)
                        .filter(j -> j != row)
                        .boxed()
                        .sorted(Comparator.comparingDouble(j -> squared(u[row], u[j])))
                        .limit(k)
                        .forEach(j -> counts[j]++);
            }
            assertThat(quality.uniformity()).isCloseTo(Math.log(sum / n / (n - 1)), within(1e-9));
            double orphans =
                    100.0 * IntStream.range(0, n).filter(j -> counts[j] == 0).count() / n;
            assertThat(quality.orphans()).isCloseTo(orphans, within(1e-9));
            assertThat(quality.hubness()).isCloseTo(skewness(counts), within(1e-9));
            assertThat(quality.effectiveRank()).isBetween(1.0, Math.min(n - 1.0, d) + 1e-9);
        }
    }

    /** By the third moment of standardised counts. */
    private static double skewness(double[] counts) {
        double mean = IntStream.range(0, counts.length)
                .mapToDouble(i -> counts[i])
                .average()
                .orElseThrow();
        double deviation = Math.sqrt(IntStream.range(0, counts.length)
                .mapToDouble(i -> (counts[i] - mean) * (counts[i] - mean))
                .average()
                .orElseThrow());
        return deviation == 0
                ? 0
                : IntStream.range(0, counts.length)
                        .mapToDouble(i -> Math.pow((counts[i] - mean) / deviation, 3))
                        .average()
                        .orElseThrow();
    }

    @Test
    void aHubIsSeen() {
        try (Scope scope = Scope.open()) {
            // The axes, and their mean, which is nearer to each of them than another axis.
            int d = 12;
            Tensor rows = torch.cat(new TensorVector(
                    torch.eye(d).to(ScalarType.Double), torch.ones(1, d).to(ScalarType.Double)));
            FeatureQuality quality = FeatureQuality.of(new FeatureQuality.Config(2, 2, 1), rows, rows);
            assertThat(quality.alignment()).isZero();
            assertThat(quality.hubness()).isGreaterThan(3);
            assertThat(quality.orphans()).isCloseTo(100.0 * (d - 1) / (d + 1), within(1e-9));
        }
    }

    @Test
    void rowsOfZerosAreNotSpread() {
        FeatureQuality.Config config = new FeatureQuality.Config(2, 2, 1);
        try (Scope scope = Scope.open()) {
            Tensor zeros = Tensors.zeros(ScalarType.Float, 5, 3);
            FeatureQuality collapsed = FeatureQuality.of(config, zeros, zeros);
            assertThat(collapsed.uniformity()).isZero();
            assertThat(collapsed.effectiveRank()).isEqualTo(1);
            // Two of one direction and a row of zeros at a distance of 1 from both.
            Tensor rows = Tensors.of(new double[] {3, 0, 2, 0, 0, 0}, 3, 2);
            assertThat(FeatureQuality.of(config, rows, rows).uniformity())
                    .isCloseTo(Math.log((2 + 4 * Math.exp(-2)) / 6), within(1e-12));
        }
    }
}
