package io.contrast4j.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class SgdTest {
    /** Σ target·p: a loss whose gradient is the target. */
    private static void backward(Tensor parameter, double[] gradient) {
        Tensor target = Tensors.of(gradient, Tensors.shape(parameter))
                .to(parameter.scalar_type().intern());
        parameter.mul(target).sum().backward();
    }

    @Property(tries = 60)
    void stepsAreTheFormulas(
            @ForAll @DoubleRange(min = 0, max = 1) double momentum,
            @ForAll @DoubleRange(min = 0, max = 0.5) double weightDecay,
            @ForAll boolean nesterov,
            @ForAll boolean f64,
            @ForAll @IntRange(min = 1, max = 40) int size,
            @ForAll long seed) {
        Sgd.Config config = new Sgd.Config(0.3, momentum, weightDecay, nesterov && momentum > 0);
        CounterRandom random = CounterRandom.of(seed);
        double[] p = random.doubles(size, -1, 1).toArray();
        double[] v = new double[size];
        try (Scope scope = Scope.open()) {
            Tensor parameter = Tensors.of(p, size)
                    .to(f64 ? ScalarType.Double : ScalarType.Float)
                    .set_requires_grad(true);
            try (Sgd sgd = new Sgd(config, List.of(parameter))) {
                for (int step = 0; step < 5; step++) {
                    double rate = 0.3 / (1 + step);
                    sgd.learningRate(rate);
                    double[] g = random.doubles(size, -1, 1).toArray();
                    sgd.zeroGrad();
                    backward(parameter, g);
                    sgd.step();
                    for (int i = 0; i < size; i++) {
                        double d = g[i] + weightDecay * p[i];
                        v[i] = momentum * v[i] + d;
                        p[i] -= rate * (config.nesterov() ? d + momentum * v[i] : v[i]);
                    }
                    assertThat(Tensors.doubles(parameter)).containsExactly(p, within(f64 ? 1e-13 : 2e-6));
                }
            }
        }
    }

    @Test
    void onlyParametersWithAGradientMove() {
        try (Scope scope = Scope.open()) {
            Tensor moved = Tensors.of(new double[] {1, 2}, 2).set_requires_grad(true);
            Tensor still = Tensors.of(new double[] {3, 4}, 2).set_requires_grad(true);
            try (Sgd sgd = new Sgd(new Sgd.Config(0.1, 0.9, 0.5, false), List.of(still, moved))) {
                backward(moved, new double[] {1, 1});
                sgd.step();
                assertThat(Tensors.doubles(moved)).containsExactly(new double[] {0.85, 1.8}, within(1e-12));
                assertThat(Tensors.doubles(still)).containsExactly(3, 4);

                sgd.zeroGrad();
                sgd.step();
                assertThat(Tensors.doubles(moved)).containsExactly(new double[] {0.85, 1.8}, within(1e-12));
            }
        }
    }

    @Test
    void gradientsAddUpUntilTheyAreForgotten() {
        try (Scope scope = Scope.open()) {
            Tensor p = Tensors.of(new double[] {0}, 1).set_requires_grad(true);
            try (Sgd sgd = new Sgd(new Sgd.Config(1, 0, 0, false), List.of(p))) {
                backward(p, new double[] {1});
                backward(p, new double[] {2});
                sgd.step();
                assertThat(Tensors.doubles(p)).containsExactly(-3);
                sgd.zeroGrad();
                backward(p, new double[] {4});
                sgd.step();
                assertThat(Tensors.doubles(p)).containsExactly(-7);
            }
        }
    }

    @Test
    @SuppressWarnings("unchecked")
    void theStateHasTheLayoutOfPython() {
        try (Scope scope = Scope.open()) {
            Tensor p = Tensors.of(new double[] {0}, 1).set_requires_grad(true);
            Tensor q = Tensors.of(new double[] {0, 0}, 2).set_requires_grad(true);
            try (Sgd sgd = new Sgd(new Sgd.Config(0.03, 0.9, 1e-4, true), List.of(p, q))) {
                Map<String, Object> state = sgd.state();
                assertThat(state.keySet()).containsExactly("state", "param_groups");
                Map<Object, Map<String, Object>> entries = (Map<Object, Map<String, Object>>) state.get("state");
                assertThat(entries.keySet()).containsExactly(0L, 1L);
                assertThat(entries.get(1L)).containsOnlyKeys("momentum_buffer");
                List<Map<String, Object>> groups = (List<Map<String, Object>>) state.get("param_groups");
                assertThat(groups).hasSize(1);
                // torch.optim.SGD(…).state_dict()["param_groups"][0], in its order.
                assertThat(groups.get(0).keySet())
                        .containsExactly(
                                "lr",
                                "momentum",
                                "dampening",
                                "weight_decay",
                                "nesterov",
                                "maximize",
                                "foreach",
                                "differentiable",
                                "fused",
                                "params");
                assertThat(groups.get(0))
                        .containsEntry("lr", 0.03)
                        .containsEntry("momentum", 0.9)
                        .containsEntry("weight_decay", 1e-4)
                        .containsEntry("nesterov", true)
                        .containsEntry("params", List.of(0L, 1L));
            }
        }
    }

    @Test
    void aRestoredOptimizerContinuesToTheSameBits() {
        Sgd.Config config = new Sgd.Config(0.1, 0.9, 0.01, false);
        try (Scope scope = Scope.open()) {
            Tensor p = Tensors.of(new double[] {1, 2, 3}, 3).set_requires_grad(true);
            try (Sgd trained = new Sgd(config, List.of(p))) {
                backward(p, new double[] {0.3, -0.7, 0.1});
                trained.step();
                trained.learningRate(0.07);
                Tensor copy = p.detach().clone().set_requires_grad(true);
                try (Sgd resumed = new Sgd(config, List.of(copy))) {
                    resumed.restore(trained.state(), "file");
                    assertThat(resumed.learningRate()).isEqualTo(0.07);
                    for (int step = 0; step < 3; step++) {
                        trained.zeroGrad();
                        resumed.zeroGrad();
                        double[] g = {step, 0.1 / (1 + step), -step};
                        backward(p, g);
                        backward(copy, g);
                        trained.step();
                        resumed.step();
                        assertThat(Tensors.doubles(copy)).isEqualTo(Tensors.doubles(p));
                    }
                }
            }
        }
    }

    /** Before mid-2020 Python numbered parameters by identities, and one that was never trained has no state. */
    @Test
    void velocitiesAreMatchedByPosition() {
        try (Scope scope = Scope.open()) {
            Tensor p = Tensors.of(new double[] {1, 2, 3}, 3).set_requires_grad(true);
            Tensor q = Tensors.of(new double[] {1, 2}, 2).set_requires_grad(true);
            try (Sgd sgd = new Sgd(new Sgd.Config(0.1, 0.9, 0, false), List.of(p, q))) {
                Map<String, Object> group = new LinkedHashMap<>();
                group.put("lr", 0.3);
                group.put("params", List.of(140031223344552L, 140031223344472L));
                Tensor velocity = Tensors.of(new double[] {5, 6}, 2);
                sgd.restore(
                        Map.of(
                                "state", Map.of(140031223344472L, Map.of("momentum_buffer", velocity)),
                                "param_groups", List.of(group)),
                        "old.pth");
                OptimizerState state = OptimizerState.of(sgd.state()).orElseThrow();
                assertThat(Tensors.doubles((Tensor) state.entries().get(0).get(OptimizerState.VELOCITY)))
                        .containsExactly(0, 0, 0);
                assertThat(Tensors.doubles((Tensor) state.entries().get(1).get(OptimizerState.VELOCITY)))
                        .containsExactly(5, 6);
                assertThat(sgd.learningRate()).isEqualTo(0.3);
            }
        }
    }

    @Test
    void aStateOfSomethingElseIsRefused() {
        try (Scope scope = Scope.open()) {
            Tensor p = Tensors.of(new double[] {1, 2, 3}, 3).set_requires_grad(true);
            Tensor q = Tensors.of(new double[] {1, 2}, 2).set_requires_grad(true);
            try (Sgd three = new Sgd(new Sgd.Config(0.1, 0.9, 0, false), List.of(p));
                    Sgd two = new Sgd(new Sgd.Config(0.2, 0.9, 0, false), List.of(q));
                    Sgd both = new Sgd(new Sgd.Config(0.2, 0.9, 0, false), List.of(p, q))) {
                assertThatThrownBy(() -> three.restore(two.state(), "a.pth"))
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("optimizer.state.0.momentum_buffer is 2 there and 3 here");
                assertThatThrownBy(() -> three.restore(both.state(), "a.pth"))
                        .hasMessage(
                                "a.pth has the optimizer state of 2 tensors, and this network has 1: it is of another"
                                        + " architecture.");
                assertThatThrownBy(() -> both.restore(three.state(), "a.pth"))
                        .hasMessageContaining("of 1 tensors, and this network has 2");
                assertThat(three.learningRate()).as("nothing is taken over").isEqualTo(0.1);
                assertThatThrownBy(() -> three.restore(Map.of(), "a.pth"))
                        .isInstanceOf(UserError.class)
                        .hasMessage("a.pth has no state of SGD with one parameter group.");
                Map<String, Object> odd = new LinkedHashMap<>(three.state());
                odd.put("state", Map.of(0L, "nothing"));
                assertThatThrownBy(() -> three.restore(odd, "a.pth")).isInstanceOf(UserError.class);
            }
        }
    }

    @Test
    void nesterovNeedsMomentum() {
        assertThatThrownBy(() -> new Sgd.Config(0.1, 0, 0, true))
                .isInstanceOf(InvalidValues.class)
                .hasMessage("nesterov = true must be false where optimizer.momentum is 0");
    }
}
