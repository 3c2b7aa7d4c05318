package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.nio.file.Path;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineChartTest {
    @ParameterizedTest
    @CsvSource({"0, 0", "30, 30", "1500, 1500", "0.03, 0.03", "0.0003, 0.0003", "0.123456, 0.123", "3e-9, 3E-9"})
    void numbersHaveThreeDigitsAtMost(double value, String text) {
        assertThat(LineChart.number(value)).isEqualTo(text);
    }

    @Test
    void curvesOfAllHeightsAreDrawn() {
        try (Scope scope = Scope.open()) {
            for (double height : new double[] {0, 1e-12, 1, 7e9}) {
                Mat chart = new LineChart("é", "x", new double[] {0, 1, 3}, new double[] {0, height, 0}).draw();
                assertThat(chart.cols()).isEqualTo(900);
            }
        }
    }

    @Test
    void whatCannotBeDrawnOrWrittenIsSaid() {
        assertThatThrownBy(() -> new LineChart("", "", new double[1], new double[1]))
                .isInstanceOf(IllegalArgumentException.class);
        try (Scope scope = Scope.open()) {
            LineChart chart = new LineChart("", "", new double[] {0, 1}, new double[2]);
            assertThatThrownBy(() -> chart.write(Path.of("no/such/folder/x.png")))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("Cannot write the picture");
        }
    }
}
