package io.contrast4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StandardizationTest {
    private static Tensor rows(long columns, double... values) {
        return Tensors.of(values, values.length / columns, columns).to(ScalarType.Float);
    }

    @Test
    void whatVariesComesToMeanZeroAndDeviationOne() {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> rows = Map.of("out", rows(1, 1, 2, 3));
            try (Standardization same = Standardization.of(rows)) {
                same.apply(rows);
            }
            assertThat(Tensors.doubles(rows.get("out"))).containsExactly(new double[] {-1, 0, 1}, within(1e-6));
        }
    }

    /** As a neuron that is silent on all training pictures, and not on a test picture. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 5.3, -1234.567})
    void whatIsTheSameInAllRowsIsNotScaled(double value) {
        double[] known = new double[300];
        Arrays.fill(known, value);
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> other = Map.of("out", rows(1, value, value + 0.5));
            try (Standardization same = Standardization.of(Map.of("out", rows(1, known)))) {
                same.apply(other);
            }
            assertThat(Tensors.doubles(other.get("out"))).containsExactly(new double[] {0, 0.5}, within(1e-3));
        }
    }

    @Test
    void aSingleRowIsOnlyMoved() {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> rows = Map.of("out", rows(2, 3, -4));
            try (Standardization same = Standardization.of(rows)) {
                same.apply(rows);
            }
            assertThat(Tensors.doubles(rows.get("out"))).containsOnly(0);
        }
    }
}
