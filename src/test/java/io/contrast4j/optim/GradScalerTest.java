package io.contrast4j.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class GradScalerTest {
    private static final GradScaler.Config RULE = new GradScaler.Config(1024, 2, 0.5, 3);

    /** One parameter, its optimizer without momentum, and a scaler. */
    private static final class Tiny implements AutoCloseable {
        private final Tensor parameter = Tensors.of(new float[] {1, 2}, 2).set_requires_grad(true);
        private final Sgd sgd = new Sgd(new Sgd.Config(1, 0, 0, false), List.of(parameter));
        private final GradScaler scaler = new GradScaler(RULE, List.of(parameter), Tensors.device("cpu"));

        /** A step with this factor of the sum of the parameter as the loss. */
        boolean step(double gradient) {
            sgd.zeroGrad();
            scaler.scaled(parameter.sum().mul(new Scalar(gradient))).backward();
            return scaler.step(sgd);
        }

        double[] values() {
            return Tensors.doubles(parameter);
        }

        @Override
        public void close() {
            scaler.close();
            sgd.close();
        }
    }

    @Test
    void theStepIsThatOfTheUnscaledGradient() {
        try (Scope scope = Scope.open();
                Tiny tiny = new Tiny()) {
            assertThat(tiny.step(0.25)).isTrue();
            assertThat(tiny.values()).containsExactly(0.75, 1.75);
            assertThat(Tensors.doubles(tiny.parameter.grad())).containsExactly(0.25, 0.25);
        }
    }

    @Test
    void aStepWithAnInfinityIsLeftOutAndTheScaleFalls() {
        try (Scope scope = Scope.open();
                Tiny tiny = new Tiny()) {
            for (double bad : new double[] {
                Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN, 1e38 /* finite before it is scaled */
            }) {
                double before = tiny.scaler.scale();
                assertThat(tiny.step(bad)).as("gradient %s", bad).isFalse();
                assertThat(tiny.values()).containsExactly(1, 2);
                assertThat(tiny.scaler.scale()).isEqualTo(before / 2);
            }
            assertThat(tiny.step(0.5)).isTrue();
            assertThat(tiny.values()).containsExactly(0.5, 1.5);
        }
    }

    @Test
    void theScaleRisesAfterGoodStepsInARow() {
        try (Scope scope = Scope.open();
                Tiny tiny = new Tiny()) {
            double[] gradients = {0, 0, Double.NaN, 0, 0, 0, 0, 0, 0, 0};
            double[] scales = {1024, 1024, 512, 512, 512, 1024, 1024, 1024, 2048, 2048};
            for (int step = 0; step < gradients.length; step++) {
                tiny.step(gradients[step]);
                assertThat(tiny.scaler.scale()).as("after step %d", step).isEqualTo(scales[step]);
            }
        }
    }

    /** 2⁻²⁶ is 0 in 16 bits, and its scaled form is not. */
    @Test
    void gradientsThatAreTooSmallForSixteenBitsSurvive() {
        try (Scope scope = Scope.open();
                Tiny tiny = new Tiny()) {
            double small = Math.pow(2, -26);
            for (boolean isScaled : new boolean[] {false, true}) {
                tiny.sgd.zeroGrad();
                Tensor half = tiny.parameter.to(ScalarType.Half).sum();
                // The gradient passes through 16 bits on its way from the loss to the parameter.
                Tensor loss = half.to(ScalarType.Float).mul(new Scalar(small));
                (isScaled ? tiny.scaler.scaled(loss) : loss).backward();
                if (isScaled) {
                    assertThat(tiny.scaler.step(tiny.sgd)).isTrue();
                }
                assertThat(Tensors.doubles(tiny.parameter.grad()))
                        .containsExactly(new double[] {isScaled ? small : 0, isScaled ? small : 0}, within(1e-12));
            }
        }
    }

    @Test
    void aRestoredScalerContinues() {
        try (Scope scope = Scope.open();
                Tiny tiny = new Tiny();
                Tiny resumed = new Tiny()) {
            tiny.step(Double.NaN);
            tiny.step(0);
            tiny.step(0);
            Map<String, Object> state = tiny.scaler.state();
            // torch.amp.GradScaler().state_dict(), in its order.
            assertThat(state.keySet())
                    .containsExactly("scale", "growth_factor", "backoff_factor", "growth_interval", "_growth_tracker");
            assertThat(state).containsEntry("scale", 512.0).containsEntry("_growth_tracker", 2L);
            resumed.scaler.restore(state, "a.pth");
            resumed.step(0);
            assertThat(resumed.scaler.scale()).isEqualTo(1024);
            assertThatThrownBy(() -> resumed.scaler.restore(Map.of(), "a.pth"))
                    .isInstanceOf(UserError.class)
                    .hasMessage("a.pth has no state of a gradient scaler; it was trained in another train.precision.");
            assertThat(resumed.scaler.scale()).as("nothing is taken over").isEqualTo(1024);
        }
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new GradScaler.Config(0, 1, 1, 0))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContainingAll("initialScale", "growth", "backoff", "growthInterval");
    }
}
