package io.contrast4j.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BetaTest {
    private static final int DRAWS = 200_000;

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.2, 0.5, 1, 2, 8})
    void momentsAreThoseOfTheDistribution(double alpha) {
        CounterRandom rng = CounterRandom.of(3, Double.doubleToLongBits(alpha));
        double[] draws = new double[DRAWS];
        Arrays.setAll(draws, i -> Beta.symmetric(alpha, rng));
        assertThat(Arrays.stream(draws).boxed()).allMatch(d -> d >= 0 && d <= 1);
        double variance = 1 / (4 * (2 * alpha + 1));
        assertThat(Arrays.stream(draws).average().orElseThrow()).isCloseTo(0.5, within(5e-3));
        assertThat(Arrays.stream(draws)
                        .map(d -> (d - 0.5) * (d - 0.5))
                        .average()
                        .orElseThrow())
                .isCloseTo(variance, within(0.01 * variance + 1e-3));
        // For α = ½ it is the arcsine law, for α = 2 a polynomial.
        double belowQuarter = Arrays.stream(draws).filter(d -> d < 0.25).count() / (double) DRAWS;
        if (alpha == 0.5) {
            assertThat(belowQuarter).isCloseTo(1.0 / 3, within(5e-3));
        } else if (alpha == 2) {
            assertThat(belowQuarter).isCloseTo(3 * 0.0625 - 2 * 0.015625, within(5e-3));
        } else if (alpha == 1) {
            assertThat(belowQuarter).isCloseTo(0.25, within(5e-3));
        }
    }
}
