package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import org.junit.jupiter.api.Test;

class PrincipalPlaneTest {
    /** Points of a plane in three dimensions: u varies more than v, and there is nothing else. */
    @Test
    void distancesInAPlaneAreKept() {
        double[] u = {-6, 6, 2, -2, 0, 0};
        double[] v = {0, 0, 1, 1, -3, 1};
        double[] rows = new double[18];
        for (int i = 0; i < 6; i++) {
            rows[3 * i] = 5 + 0.6 * u[i];
            rows[3 * i + 1] = -2 + 0.8 * u[i];
            rows[3 * i + 2] = v[i];
        }
        try (Scope scope = Scope.open()) {
            PrincipalPlane plane = PrincipalPlane.of(Tensors.of(rows, 6, 3));
            // u·v = 0 and both have mean 0, so that they are the directions; Σu² = 80 and Σv² = 12.
            int sign = plane.x()[1] > 0 ? 1 : -1;
            for (int i = 0; i < 6; i++) {
                assertThat(plane.x()[i]).isCloseTo(sign * u[i], within(1e-9));
                assertThat(Math.abs(plane.y()[i])).isCloseTo(Math.abs(v[i]), within(1e-9));
            }
            // The one far off is on the positive side.
            assertThat(plane.y()[4]).isCloseTo(3, within(1e-9));
            assertThat(plane.explained()[0]).isCloseTo(80 / 92.0, within(1e-9));
            assertThat(plane.explained()[1]).isCloseTo(12 / 92.0, within(1e-9));
        }
    }

    @Test
    void onePointAndEqualPointsAreInTheMiddle() {
        try (Scope scope = Scope.open()) {
            assertThat(PrincipalPlane.of(Tensors.of(new double[] {1, 2}, 1, 2)).x())
                    .containsExactly(0);
            PrincipalPlane equal = PrincipalPlane.of(Tensors.of(new double[] {1, 2, 1, 2, 1, 2}, 3, 2));
            assertThat(equal.x()).containsExactly(0, 0, 0);
            assertThat(equal.explained()).containsExactly(0, 0);
        }
    }
}
