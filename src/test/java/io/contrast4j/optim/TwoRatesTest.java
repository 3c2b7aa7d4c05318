package io.contrast4j.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class TwoRatesTest {
    private static final Sgd.Config SGD = new Sgd.Config(0.1, 0.9, 0.01, false);

    private static Tensor parameter(double... values) {
        return Tensors.of(values, values.length).set_requires_grad(true);
    }

    private static void step(Optimizer optimizer, Tensor... parameters) {
        optimizer.zeroGrad();
        for (Tensor parameter : parameters) {
            parameter.square().sum().backward();
        }
        optimizer.step();
    }

    @Test
    void eachPartMovesAsByAnOptimizerOfItsOwnRate() {
        try (Scope scope = Scope.open()) {
            Tensor slow = parameter(1, 2);
            Tensor fast = parameter(3);
            Tensor slowAlone = parameter(1, 2);
            Tensor fastAlone = parameter(3);
            try (TwoRates both = new TwoRates(SGD, List.of(slow), List.of(fast), 5);
                    Optimizer one = SGD.build(List.of(slowAlone));
                    Optimizer other = SGD.build(List.of(fastAlone))) {
                for (double rate : new double[] {0.1, 0.05, 0.02}) {
                    both.learningRate(rate);
                    one.learningRate(rate);
                    other.learningRate(5 * rate);
                    step(both, slow, fast);
                    step(one, slowAlone);
                    step(other, fastAlone);
                }
                assertThat(both.learningRate()).isEqualTo(0.02);
                assertThat(Tensors.doubles(slow)).containsExactly(Tensors.doubles(slowAlone));
                assertThat(Tensors.doubles(fast)).containsExactly(Tensors.doubles(fastAlone));
            }
        }
    }

    @Test
    void itGoesOnFromItsState() {
        try (Scope scope = Scope.open()) {
            Tensor slow = parameter(1, 2);
            Tensor fast = parameter(3);
            try (TwoRates first = new TwoRates(SGD, List.of(slow), List.of(fast), 5)) {
                step(first, slow, fast);
                Tensor slowAgain = slow.detach().clone().set_requires_grad(true);
                Tensor fastAgain = fast.detach().clone().set_requires_grad(true);
                try (TwoRates second = new TwoRates(SGD, List.of(slowAgain), List.of(fastAgain), 5)) {
                    second.restore(first.state(), "a file");
                    step(first, slow, fast);
                    step(second, slowAgain, fastAgain);
                    assertThat(Tensors.doubles(slowAgain)).containsExactly(Tensors.doubles(slow));
                    assertThat(Tensors.doubles(fastAgain)).containsExactly(Tensors.doubles(fast));
                }
                try (Optimizer one = SGD.build(List.of(slow));
                        TwoRates others = new TwoRates(SGD, List.of(slow, slow), List.of(fast), 5)) {
                    assertThatThrownBy(() -> first.restore(one.state(), "a file"))
                            .isInstanceOf(UserError.class)
                            .hasMessageContaining("a file has no state of an optimizer of an encoder");
                    assertThatThrownBy(() -> first.restore(others.state(), "a file"))
                            .isInstanceOf(UserError.class);
                }
            }
        }
    }
}
