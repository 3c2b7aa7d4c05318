package io.contrast4j.method;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.nn.Networks;
import io.contrast4j.nn.ProjectionHead;
import io.contrast4j.nn.Stem;
import io.contrast4j.nn.TorchvisionResNet;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Scores;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.OneThread;
import io.contrast4j.tensor.Precision;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every method under autocast: networks compute in bfloat16, and all that comes after them in float32. */
@ExtendWith(OneThread.class)
class AutocastMethodsTest {

    /** Legal combinations, until every choice has come. */
    @TestFactory
    Stream<DynamicTest> scoresAndLossesAreFloat32() {
        Set<String> seen = new HashSet<>();
        List<Combination> chosen = new ArrayList<>();
        Combination.all()
                .filter(combination -> !seen.containsAll(combination.choices()))
                .filter(combination -> combination.problems().isEmpty())
                .forEach(combination -> {
                    if (seen.addAll(combination.choices())) {
                        chosen.add(combination);
                    }
                });
        return chosen.stream()
                .map(combination -> DynamicTest.dynamicTest(combination.toString(), () -> compare(combination)));
    }

    private static void compare(Combination combination) {
        double full = loss(combination, Precision.FP32);
        double half = loss(combination, Precision.BF16);
        assertThat(half).isNotEqualTo(full);
        assertThat(Math.abs(half - full)).isLessThan(0.1 * Math.max(1, Math.abs(full)));
    }

    /** Of the first step. */
    private static double loss(Combination combination, Precision precision) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            torch.manual_seed(1);
            Method.Setting setting = Combination.setting();
            Networks networks = arena.own(() -> combination.method().networks(combination.parts(), setting));
            try (Method method = combination.method().build(networks, combination.parts(), setting)) {
                Method.Output output;
                try (Autocast autocast = Autocast.open(setting.device(), precision.type())) {
                    output = method.forward(combination.input(0), Combination.at(0));
                }
                checkTypes(output);
                output.loss().total().backward();
                gradients(networks.module()).forEach(gradient -> assertFloat("gradient", gradient));
                method.commit(output);
                checkState(method.state());
                return Tensors.scalar(output.loss().total());
            }
        }
    }

    private static List<Tensor> gradients(Module module) {
        return StateDict.parameters(module).values().stream()
                .map(Tensor::grad)
                .filter(Tensor::defined)
                .toList();
    }

    /** Of SimCLR with a network that is wide enough for its batch norms; bfloat16 has 8 bits, float16 has 11. */
    @Test
    void gradientsAreNearThoseInFloat32() {
        double[] full = simClrGradient(Precision.FP32);
        assertThat(cosine(simClrGradient(Precision.BF16), full)).isBetween(0.85, 0.9999);
        assertThat(cosine(simClrGradient(Precision.FP16), full)).isBetween(0.99, 0.999999);
    }

    private static double[] simClrGradient(Precision precision) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            torch.manual_seed(1);
            TorchvisionResNet network = arena.own(
                    () -> new TorchvisionResNet.Config(18, 8, 1, Stem.CIFAR, false, ProjectionHead.MLP, 16).build(3));
            SelfCon method = new SelfCon(
                    new SelfCon.Config(SelfConTerms.Rows.END, SelfConTerms.Positives.SAME_PICTURE, 0),
                    network,
                    Optional.empty(),
                    new InfoNce.Config(0.2).build());
            Method.Input input = new Method.Input(
                    List.of(torch.randn(8, 3, 16, 16), torch.randn(8, 3, 16, 16)),
                    Tensors.of(new long[8], 8),
                    Tensors.of(new long[8], 8));
            Method.Output output;
            try (Autocast autocast = Autocast.open(Tensors.device("cpu"), precision.type())) {
                output = method.forward(input, Combination.at(0));
            }
            output.loss().total().backward();
            return gradients(network.module()).stream()
                    .flatMapToDouble(gradient -> Arrays.stream(Tensors.doubles(gradient)))
                    .toArray();
        }
    }

    private static double cosine(double[] a, double[] b) {
        double product = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            product += a[i] * b[i];
            aa += a[i] * a[i];
            bb += b[i] * b[i];
        }
        return product / Math.sqrt(aa * bb);
    }

    private static void checkTypes(Method.Output output) {
        assertFloat("total", output.loss().total());
        output.loss().parts().forEach(AutocastMethodsTest::assertFloat);
        output.features().forEach(features -> assertFloat("features", features));
        output.keys().forEach(keys -> assertFloat("keys", keys));
        for (Scores scores : output.scores()) {
            assertFloat("positive", scores.positive());
            assertFloat("negatives", scores.negatives());
            scores.share().ifPresent(share -> assertFloat("share", share));
            scores.neighbours().ifPresent(neighbours -> assertFloat("neighbours", neighbours.similarities()));
            scores.within().forEach(side -> assertFloat("within", side));
        }
    }

    /** Stores, and the key encoder's weights. */
    private static void checkState(Map<?, ?> state) {
        state.forEach((name, value) -> {
            if (value instanceof Map<?, ?> inner) {
                checkState(inner);
            } else if (value instanceof Tensor tensor && tensor.is_floating_point()) {
                assertFloat(String.valueOf(name), tensor);
            }
        });
    }

    private static void assertFloat(String what, Tensor tensor) {
        assertThat(tensor.scalar_type().intern()).as(what).isEqualTo(ScalarType.Float);
    }

    @Test
    void theLossFallsInBfloat16AndInFloat16() {
        Combination simClr = Combination.of(
                "selfcon-end-same_picture-0.0", "two-crops", "torchvision-resnet", "no-store", "in-batch", "infonce");
        assertThat(simClr.problems()).isEmpty();
        for (Precision precision : List.of(Precision.BF16, Precision.FP16)) {
            try (Arena arena = new Arena();
                    Scope scope = Scope.open()) {
                torch.manual_seed(1);
                Method.Setting setting = Combination.setting();
                Networks networks = arena.own(() -> simClr.method().networks(simClr.parts(), setting));
                try (Method method = simClr.method().build(networks, simClr.parts(), setting);
                        Sgd optimizer = new Sgd(
                                new Sgd.Config(0.05, 0.9, 0, false),
                                StateDict.parameters(networks.module()).values())) {
                    List<Double> losses = new ArrayList<>();
                    for (int step = 0; step < 15; step++) {
                        Method.Output output;
                        try (Autocast autocast = Autocast.open(setting.device(), precision.type())) {
                            output = method.forward(simClr.input(0), Combination.at(step));
                        }
                        optimizer.zeroGrad();
                        output.loss().total().backward();
                        optimizer.step();
                        method.commit(output);
                        losses.add(Tensors.scalar(output.loss().total()));
                    }
                    assertThat(losses.get(14)).as("%s: %s", precision, losses).isLessThan(0.5 * losses.get(0));
                }
            }
        }
    }
}
