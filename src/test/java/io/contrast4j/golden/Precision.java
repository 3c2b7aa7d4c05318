package io.contrast4j.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The two precisions in which every numeric golden case runs, and comparisons in them. */
enum Precision {
    F64(ScalarType.Double),
    F32(ScalarType.Float);

    /** How many times as far a GPU may be off, which adds in another order; without TF32. */
    static final double ON_GPU = 4;

    final ScalarType type;

    Precision(ScalarType type) {
        this.type = type;
    }

    /** One of two numbers: the strict one for float64, the other for float32. */
    double of(double f64, double f32) {
        return this == F64 ? f64 : f32;
    }

    /** Relative, but absolute where the expected value is tiny. */
    static void assertClose(String what, double actual, double expected, double relative, double absolute) {
        double tolerance = Math.max(relative * Math.abs(expected), absolute);
        assertThat(actual).as(what).isCloseTo(expected, within(tolerance * slack()));
    }

    /** max|a−b| ≤ tolerance·max|b|. */
    static void assertClose(String what, Tensor actual, Tensor expected, double tolerance) {
        assertClose(what, Tensors.doubles(actual), Tensors.doubles(expected), tolerance);
    }

    static void assertClose(String what, double[] actual, double[] expected, double tolerance) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        double scale = 0;
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = Math.abs(actual[i] - expected[i]);
            // NaN compares false with everything: it must not pass.
            worst = difference <= worst ? worst : difference;
            scale = Math.max(scale, Math.abs(expected[i]));
        }
        assertThat(worst).as("%s: largest difference", what).isLessThanOrEqualTo(tolerance * scale * slack());
    }

    private static double slack() {
        return Goldens.device().is_cuda() ? ON_GPU : 1;
    }

    /** ‖a − b‖/‖b‖; on a GPU divided by what it may be off more. */
    static double relative(Tensor actual, Tensor expected) {
        double[] a = Tensors.doubles(actual);
        double[] b = Tensors.doubles(expected);
        assertThat(a).hasSameSizeAs(b);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < b.length; i++) {
            difference += (a[i] - b[i]) * (a[i] - b[i]);
            norm += b[i] * b[i];
        }
        return Math.sqrt(difference / norm) / slack();
    }
}
