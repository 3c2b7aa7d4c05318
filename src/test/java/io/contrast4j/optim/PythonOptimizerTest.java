package io.contrast4j.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.checkpoint.Python;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Steps and states against Python's torch.optim, both ways, in float64. Needs a Python with torch; without one the tests
 * are skipped.
 */
@Tag("python")
class PythonOptimizerTest {
    private static final int STEPS = 6;
    private static final double TOLERANCE = 1e-12;
    private static final long[][] SHAPES = {{3, 4}, {4}, {4, 2}, {2}};

    @TempDir
    Path folder;

    /** @param type in Python */
    record Case(String type, Optimizer.Config config, Exempt exempt, double clip) {}

    static Stream<Case> cases() {
        return Stream.of(Exempt.values())
                .flatMap(exempt -> Stream.of(0.0, 0.9).flatMap(clip -> {
                    Optional<Double> limit = clip > 0 ? Optional.of(clip) : Optional.empty();
                    return Stream.of(
                            new Case("SGD", new Sgd.Config(0.1, 0.9, 0.05, true, exempt, limit), exempt, clip),
                            new Case("SGD", new Sgd.Config(0.1, 0, 0.05, false, exempt, limit), exempt, clip),
                            new Case("Adam", new Adam.Config(0.01, 0.9, 0.99, 1e-8, 0.1, exempt, limit), exempt, clip),
                            new Case(
                                    "AdamW",
                                    new Adam.Decoupled(0.01, 0.8, 0.999, 1e-6, 0.1, exempt, limit),
                                    exempt,
                                    clip));
                }));
    }

    private static Tensor random(CounterRandom random, long[] shape) {
        int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        return Tensors.of(random.doubles(size, -1, 1).toArray(), shape);
    }

    private static List<Tensor> randoms(long seed) {
        CounterRandom random = CounterRandom.of(seed);
        return Arrays.stream(SHAPES).map(shape -> random(random, shape)).toList();
    }

    private static List<Tensor> copies(List<Tensor> tensors) {
        return tensors.stream()
                .map(t -> t.detach().clone().set_requires_grad(true))
                .toList();
    }

    private static void train(Optimizer optimizer, List<Tensor> parameters, List<List<Tensor>> gradients) {
        for (List<Tensor> step : gradients) {
            optimizer.zeroGrad();
            for (int k = 0; k < parameters.size(); k++) {
                parameters.get(k).mul(step.get(k)).sum().backward();
            }
            optimizer.step();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    @SuppressWarnings("unchecked")
    void pythonTakesTheSameSteps(Case test) throws Exception {
        try (Scope scope = Scope.open()) {
            List<Tensor> start = randoms(1);
            List<List<Tensor>> gradients = new ArrayList<>();
            for (int step = 0; step < STEPS; step++) {
                gradients.add(randoms(100 + step));
            }
            List<List<Tensor>> firstHalf = gradients.subList(0, STEPS / 2);
            List<List<Tensor>> secondHalf = gradients.subList(STEPS / 2, STEPS);
            List<Tensor> own = copies(start);
            Map<String, Object> content = new LinkedHashMap<>();
            try (Optimizer optimizer = test.config.build(own)) {
                train(optimizer, own, firstHalf);
                OptimizerState state = OptimizerState.of(optimizer.state()).orElseThrow();
                List<Long> order = test.exempt == Exempt.NONE ? List.of(0L, 1L, 2L, 3L) : List.of(0L, 2L, 1L, 3L);
                content.put("optimizer", test.type);
                content.put("clip", test.clip);
                content.put("order", order);
                content.put("sizes", state.sizes().stream().map(Long::valueOf).toList());
                content.put(
                        "options", state.groups().stream().map(g -> options(g)).toList());
                content.put("parameters", start);
                content.put("middle", own.stream().map(t -> t.detach().clone()).toList());
                content.put("gradients", gradients);
                content.put("state", optimizer.state());
                PthFile.write(folder.resolve("case.pth"), content);
                train(optimizer, own, secondHalf);
            }
            Path result = folder.resolve("result.pth");
            Python.run("optim.py", folder, "step", folder.resolve("case.pth").toString(), result.toString());
            Map<String, ?> python = (Map<String, ?>) PthFile.readMap(result);
            assertSame("from the start", own, python.get("fresh"));
            assertSame("from the state written here", own, python.get("resumed"));

            List<Tensor> resumed = copies((List<Tensor>) python.get("middle"));
            try (Optimizer optimizer = test.config.build(resumed)) {
                optimizer.restore((Map<String, ?>) python.get("state"), "result.pth");
                train(optimizer, resumed, secondHalf);
                assertSame("from the state written there", resumed, python.get("fresh"));
            }
        }
    }

    /** Those that a user gives; the others have to agree by themselves. */
    private static Map<String, Object> options(Map<String, Object> group) {
        Map<String, Object> given = new LinkedHashMap<>();
        for (String name : List.of("lr", "momentum", "weight_decay", "nesterov", "betas", "eps")) {
            if (group.containsKey(name)) {
                given.put(name, group.get(name));
            }
        }
        return given;
    }

    private static void assertSame(String what, List<Tensor> expected, Object actual) {
        List<?> tensors = (List<?>) actual;
        assertThat(tensors).hasSameSizeAs(expected);
        for (int k = 0; k < expected.size(); k++) {
            assertThat(Tensors.doubles((Tensor) tensors.get(k)))
                    .as("%s, parameter %d", what, k)
                    .containsExactly(Tensors.doubles(expected.get(k)), within(TOLERANCE));
        }
    }

    @Test
    void pythonScalesAlike() throws Exception {
        List<String> flags = new ArrayList<>(List.of("scale"));
        CounterRandom random = CounterRandom.of(5);
        for (double draw : random.doubles(40, 0, 1).toArray()) {
            flags.add(draw < 0.8 ? "good" : "bad");
        }
        List<String> scales = Python.run("optim.py", folder, flags.toArray(String[]::new))
                .lines()
                .toList();
        assertThat(scales).hasSize(40);
        GradScaler.Config rule = new GradScaler.Config(1024, 2, 0.5, 3);
        try (Scope scope = Scope.open()) {
            Tensor parameter = Tensors.of(new float[] {1, 1}, 2).set_requires_grad(true);
            try (Sgd sgd = new Sgd(new Sgd.Config(0, 0, 0, false), List.of(parameter));
                    GradScaler scaler = new GradScaler(rule, List.of(parameter), Tensors.device("cpu"))) {
                for (int step = 0; step < scales.size(); step++) {
                    boolean isGood = flags.get(step + 1).equals("good");
                    sgd.zeroGrad();
                    scaler.scaled(parameter.sum().mul(new Scalar(isGood ? 1 : Double.POSITIVE_INFINITY)))
                            .backward();
                    assertThat(scaler.step(sgd)).isEqualTo(isGood);
                    assertThat(scaler.scale()).as("step %d", step).isEqualTo(Double.parseDouble(scales.get(step)));
                }
            }
        }
    }
}
