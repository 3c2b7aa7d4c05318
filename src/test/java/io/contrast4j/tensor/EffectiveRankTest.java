package io.contrast4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EffectiveRankTest {
    /** Rows ±a·e1 and ±b·e2 in D dimensions, fewer and more than there are rows: eigenvalues 2a² and 2b². */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5, 40})
    void itCountsTheDirectionsThatAreUsed(int dimensions) {
        try (Scope scope = Scope.open()) {
            assertThat(EffectiveRank.of(Tensors.of(cross(dimensions, 1, 1), 4, dimensions)))
                    .isCloseTo(2, within(1e-12));
            double share = 9 / 10.0;
            double expected = Math.exp(-share * Math.log(share) - (1 - share) * Math.log(1 - share));
            assertThat(EffectiveRank.of(Tensors.of(cross(dimensions, 3, 1), 4, dimensions)))
                    .isCloseTo(expected, within(1e-12));
        }
    }

    private static double[] cross(int dimensions, double a, double b) {
        double[] rows = new double[4 * dimensions];
        rows[0] = a;
        rows[dimensions] = -a;
        rows[2 * dimensions + 1] = b;
        rows[3 * dimensions + 1] = -b;
        return rows;
    }
}
