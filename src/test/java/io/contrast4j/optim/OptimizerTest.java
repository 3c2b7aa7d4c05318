package io.contrast4j.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of every optimizer: its formulas in plain Java, its state, and what it refuses. */
class OptimizerTest {
    /** A weight, a bias, a weight that starts at 0, and one that never gets a gradient. */
    private static final long[][] SHAPES = {{3, 4}, {4}, {2, 2}, {5}};

    private static final int ZERO = 2;
    private static final int IDLE = 3;

    @TempDir
    Path folder;

    static List<Optimizer.Config> configs() {
        List<Optimizer.Config> all = new ArrayList<>();
        for (Exempt exempt : Exempt.values()) {
            for (Optional<Double> clip : List.of(Optional.<Double>empty(), Optional.of(0.7))) {
                all.add(new Sgd.Config(0.1, 0.9, 0.05, false, exempt, clip));
                all.add(new Sgd.Config(0.1, 0.9, 0.05, true, exempt, clip));
                all.add(new Sgd.Config(0.1, 0, 0.05, false, exempt, clip));
                all.add(new Adam.Config(0.01, 0.9, 0.99, 1e-8, 0.1, exempt, clip));
                all.add(new Adam.Config(0.01, 0, 0, 1e-3, 0, exempt, clip));
                all.add(new Adam.Decoupled(0.01, 0.8, 0.999, 1e-8, 0.1, exempt, clip));
                all.add(new Lars.Config(0.3, 0.9, 0.02, 0.001, exempt, clip));
                all.add(new Lars.Config(0.3, 0, 0, 0.5, exempt, clip));
            }
        }
        return all;
    }

    /** The formulas of the Javadoc, on arrays. */
    private static final class Oracle {
        private final double[][] p;
        private final double[][] first;
        private final double[][] second;
        private int t;

        Oracle(double[][] start) {
            p = Arrays.stream(start).map(double[]::clone).toArray(double[][]::new);
            first = Arrays.stream(start).map(x -> new double[x.length]).toArray(double[][]::new);
            second = Arrays.stream(start).map(x -> new double[x.length]).toArray(double[][]::new);
        }

        void step(Optimizer.Config config, double rate, double[][] gradients) {
            t++;
            double[][] g = gradients;
            Optional<Double> clip = clip(config);
            if (clip.isPresent()) {
                double norm = Math.sqrt(
                        Arrays.stream(g).mapToDouble(OptimizerTest::squares).sum());
                double factor = Math.min(1, clip.get() / (norm + 1e-6));
                g = Arrays.stream(g)
                        .map(x -> Arrays.stream(x).map(y -> y * factor).toArray())
                        .toArray(double[][]::new);
            }
            for (int k = 0; k < g.length; k++) {
                boolean exempt = exempt(config) == Exempt.NORMS_AND_BIASES && SHAPES[k].length == 1;
                for (int i = 0; i < g[k].length; i++) {
                    move(config, rate, k, i, g, exempt, exempt ? 1 : ratio(config, p0(k), g[k]));
                }
                before = null;
            }
        }

        /** The parameter before its elements move. */
        private double[] before;

        private double[] p0(int k) {
            if (before == null) {
                before = p[k].clone();
            }
            return before;
        }

        private void move(
                Optimizer.Config config, double rate, int k, int i, double[][] g, boolean exempt, double ratio) {
            if (config instanceof Sgd.Config sgd) {
                double d = g[k][i] + (exempt ? 0 : sgd.weightDecay()) * p[k][i];
                first[k][i] = sgd.momentum() * first[k][i] + d;
                p[k][i] -= rate * (sgd.nesterov() ? d + sgd.momentum() * first[k][i] : first[k][i]);
            } else if (config instanceof Lars.Config lars) {
                double d = g[k][i] + (exempt ? 0 : lars.weightDecay()) * p[k][i];
                first[k][i] = lars.momentum() * first[k][i] + ratio * d;
                p[k][i] -= rate * first[k][i];
            } else if (config instanceof Adam.Config adam) {
                double d = g[k][i] + (exempt ? 0 : adam.weightDecay()) * p[k][i];
                adam(rate, k, i, d, adam.beta1(), adam.beta2(), adam.epsilon());
            } else if (config instanceof Adam.Decoupled adam) {
                p[k][i] -= rate * (exempt ? 0 : adam.weightDecay()) * p[k][i];
                adam(rate, k, i, g[k][i], adam.beta1(), adam.beta2(), adam.epsilon());
            }
        }

        private void adam(double rate, int k, int i, double d, double beta1, double beta2, double epsilon) {
            first[k][i] = beta1 * first[k][i] + (1 - beta1) * d;
            second[k][i] = beta2 * second[k][i] + (1 - beta2) * d * d;
            double mean = first[k][i] / (1 - Math.pow(beta1, t));
            double square = second[k][i] / (1 - Math.pow(beta2, t));
            p[k][i] -= rate * mean / (Math.sqrt(square) + epsilon);
        }

        private static double ratio(Optimizer.Config config, double[] p, double[] g) {
            if (!(config instanceof Lars.Config lars)) {
                return 1;
            }
            double[] d = new double[p.length];
            for (int i = 0; i < d.length; i++) {
                d[i] = g[i] + lars.weightDecay() * p[i];
            }
            double length = Math.sqrt(squares(p));
            double step = Math.sqrt(squares(d));
            return length > 0 && step > 0 ? lars.trust() * length / step : 1;
        }
    }

    private static double squares(double[] values) {
        return Arrays.stream(values).map(x -> x * x).sum();
    }

    private static Exempt exempt(Optimizer.Config config) {
        return (Exempt) component(config, "exempt");
    }

    @SuppressWarnings("unchecked")
    private static Optional<Double> clip(Optimizer.Config config) {
        return (Optional<Double>) component(config, "clipNorm");
    }

    private static Object component(Optimizer.Config config, String name) {
        try {
            return config.getClass().getMethod(name).invoke(config);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static double[][] random(long seed, int count) {
        CounterRandom random = CounterRandom.of(seed);
        double[][] values = new double[count][];
        for (int k = 0; k < count; k++) {
            int size = (int) Arrays.stream(SHAPES[k]).reduce(1, (a, b) -> a * b);
            values[k] = random.doubles(size, -1, 1).toArray();
        }
        return values;
    }

    private static List<Tensor> parameters(double[][] values, ScalarType type) {
        List<Tensor> parameters = new ArrayList<>();
        for (int k = 0; k < values.length; k++) {
            parameters.add(Tensors.of(values[k], SHAPES[k]).to(type).set_requires_grad(true));
        }
        return parameters;
    }

    /** Σ g·p: a loss whose gradient is g; of the last, idle parameter there is none. */
    private static void backward(List<Tensor> parameters, double[][] gradients) {
        for (int k = 0; k < gradients.length; k++) {
            Tensor p = parameters.get(k);
            p.mul(Tensors.of(gradients[k], SHAPES[k]).to(p.scalar_type().intern()))
                    .sum()
                    .backward();
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void stepsAreTheFormulas(Optimizer.Config config) {
        double[][] start = random(1, SHAPES.length);
        Arrays.fill(start[ZERO], 0);
        Oracle oracle = new Oracle(start);
        try (Scope scope = Scope.open()) {
            List<Tensor> f64 = parameters(start, ScalarType.Double);
            List<Tensor> f32 = parameters(start, ScalarType.Float);
            try (Optimizer exact = config.build(f64);
                    Optimizer single = config.build(f32)) {
                for (int step = 0; step < 6; step++) {
                    double rate = config.learningRate() / (1 + step);
                    double[][] gradients = random(100 + step, IDLE);
                    oracle.step(config, rate, gradients);
                    for (Optimizer optimizer : List.of(exact, single)) {
                        optimizer.learningRate(rate);
                        optimizer.zeroGrad();
                        backward(optimizer == exact ? f64 : f32, gradients);
                        optimizer.step();
                    }
                    for (int k = 0; k < SHAPES.length; k++) {
                        String what = "step " + step + " parameter " + k;
                        assertThat(Tensors.doubles(f64.get(k))).as(what).containsExactly(oracle.p[k], within(1e-13));
                        assertThat(Tensors.doubles(f32.get(k))).as(what).containsExactly(oracle.p[k], within(3e-5));
                    }
                }
                assertThat(Tensors.doubles(f64.get(IDLE)))
                        .as("without a gradient")
                        .isEqualTo(start[IDLE]);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void aStateThatWasWrittenAndReadContinuesToTheSameBits(Optimizer.Config config) {
        Path file = folder.resolve("state.pth");
        try (Scope scope = Scope.open()) {
            List<Tensor> parameters = parameters(random(1, SHAPES.length), ScalarType.Float);
            try (Optimizer trained = config.build(parameters)) {
                for (int step = 0; step < 2; step++) {
                    trained.zeroGrad();
                    backward(parameters, random(step, IDLE));
                    trained.step();
                }
                trained.learningRate(0.07);
                PthFile.write(file, trained.state());
                List<Tensor> copies = parameters.stream()
                        .map(p -> p.detach().clone().set_requires_grad(true))
                        .toList();
                try (Optimizer resumed = config.build(copies)) {
                    @SuppressWarnings("unchecked")
                    Map<String, ?> saved = (Map<String, ?>) PthFile.readMap(file);
                    resumed.restore(saved, "state.pth");
                    assertThat(resumed.learningRate()).isEqualTo(0.07);
                    for (int step = 2; step < 5; step++) {
                        for (Optimizer optimizer : List.of(trained, resumed)) {
                            optimizer.zeroGrad();
                            backward(optimizer == trained ? parameters : copies, random(step, IDLE));
                            optimizer.step();
                        }
                        for (int k = 0; k < SHAPES.length; k++) {
                            assertThat(Tensors.doubles(copies.get(k))).isEqualTo(Tensors.doubles(parameters.get(k)));
                        }
                    }
                }
            }
        }
    }

    @Test
    void exemptParametersAreASecondGroup() {
        try (Scope scope = Scope.open();
                Optimizer sgd = new Sgd.Config(0.1, 0.9, 0.05, false, Exempt.NORMS_AND_BIASES, Optional.empty())
                        .build(parameters(random(1, SHAPES.length), ScalarType.Float))) {
            OptimizerState state = OptimizerState.of(sgd.state()).orElseThrow();
            assertThat(state.sizes()).containsExactly(2, 2);
            assertThat(state.groups().get(0)).containsEntry("weight_decay", 0.05);
            assertThat(state.groups().get(1)).containsEntry("weight_decay", 0.0);
        }
    }

    @Test
    void stepsThatPythonCountedInAnIntAreRead() {
        Adam.Config config = new Adam.Config(0.1, 0.9, 0.99, 1e-8, 0, Exempt.NONE, Optional.empty());
        try (Scope scope = Scope.open()) {
            Tensor p = Tensors.of(new double[] {1, 2}, 2).set_requires_grad(true);
            try (Optimizer adam = config.build(List.of(p))) {
                Map<String, Object> entry = new LinkedHashMap<>();
                entry.put("step", 7L);
                entry.put("exp_avg", Tensors.of(new double[] {1, 2}, 2));
                entry.put("exp_avg_sq", Tensors.of(new double[] {3, 4}, 2));
                Map<String, Object> group = new LinkedHashMap<>(Map.of("lr", 0.3, "params", List.of(0L)));
                adam.restore(Map.of("state", Map.of(0L, entry), "param_groups", List.of(group)), "old.pth");
                Map<String, Object> read =
                        OptimizerState.of(adam.state()).orElseThrow().entries().get(0);
                assertThat(Tensors.scalar((Tensor) read.get("step"))).isEqualTo(7);
                assertThat(Tensors.doubles((Tensor) read.get("exp_avg_sq"))).containsExactly(3, 4);
            }
        }
    }

    @Test
    void theStateOfAnotherOptimizerIsRefused() {
        try (Scope scope = Scope.open()) {
            Tensor p = Tensors.of(new double[] {1, 2}, 2).set_requires_grad(true);
            try (Optimizer sgd = new Sgd(new Sgd.Config(0.1, 0.9, 0, false), List.of(p));
                    Optimizer adam =
                            new Adam.Config(0.2, 0.9, 0.99, 1e-8, 0, Exempt.NONE, Optional.empty()).build(List.of(p));
                    Optimizer grouped = new Sgd.Config(0.1, 0.9, 0, false, Exempt.NORMS_AND_BIASES, Optional.empty())
                            .build(List.of(p))) {
                assertThatThrownBy(() -> adam.restore(sgd.state(), "a.pth"))
                        .isInstanceOf(UserError.class)
                        .hasMessage("a.pth has the state of another optimizer than Adam (momentum_buffer instead of"
                                + " exp_avg, exp_avg_sq, step); use the optimizer.type that it was trained with.");
                assertThatThrownBy(() -> sgd.restore(adam.state(), "a.pth"))
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("than SGD (exp_avg, exp_avg_sq, step instead of momentum_buffer)");
                assertThatThrownBy(() -> grouped.restore(sgd.state(), "a.pth"))
                        .isInstanceOf(UserError.class)
                        .hasMessage("a.pth has no state of SGD with 2 parameter groups.");
                assertThat(adam.learningRate()).as("nothing is taken over").isEqualTo(0.2);
            }
        }
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new Adam.Decoupled(-1, 1, 1, -1, -1, Exempt.NONE, Optional.of(0.0)))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContainingAll("learningRate", "beta1", "beta2", "epsilon", "weightDecay", "clipNorm");
        assertThatThrownBy(() -> new Lars.Config(1, 2, 0, 0, Exempt.NONE, Optional.empty()))
                .isInstanceOf(InvalidValues.class)
                .hasMessage("momentum = 2 must be between 0 and 1; trust = 0 must be greater than 0");
        assertThatThrownBy(() -> new GradientClip(Double.NaN)).isInstanceOf(InvalidValues.class);
    }

    @Test
    void shortGradientsAreLeftAsTheyAre() {
        try (Scope scope = Scope.open()) {
            Tensor a = Tensors.of(new double[] {3, 0}, 2);
            Tensor b = Tensors.of(new double[] {4}, 1);
            new GradientClip(5.1).apply(List.of(a, b));
            assertThat(Tensors.doubles(a)).containsExactly(3, 0);
            new GradientClip(1).apply(List.of(a, b));
            assertThat(Tensors.doubles(a)).containsExactly(new double[] {0.6, 0}, within(1e-6));
            assertThat(Tensors.doubles(b)).containsExactly(new double[] {0.8}, within(1e-6));
            new GradientClip(1).apply(List.of());
        }
    }
}
