package io.contrast4j.method;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.nn.Networks;
import io.contrast4j.optim.Sgd;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.OneThread;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every method with all views, encoders, stores, negatives and objectives: it takes two steps, or says why it cannot. */
@ExtendWith(OneThread.class)
class CombinationsTest {
    private static final List<Combination> LEGAL = Combination.all()
            .filter(combination -> combination.problems().isEmpty())
            .toList();

    /** A few in which every two choices that go together occur together. */
    @TestFactory
    Stream<DynamicTest> everyPairOfChoicesTakesTwoSteps() {
        return pairwise(LEGAL).stream()
                .map(combination -> DynamicTest.dynamicTest(combination.toString(), () -> takeTwoSteps(combination)));
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> everyLegalCombinationTakesTwoSteps() {
        return LEGAL.stream()
                .map(combination -> DynamicTest.dynamicTest(combination.toString(), () -> takeTwoSteps(combination)));
    }

    @Test
    void everyIllegalCombinationIsRefusedWithAReasonThatNamesAKey() {
        Map<InvalidValues.Problem, String> problems = new HashMap<>();
        Combination.all()
                .forEach(combination -> combination
                        .problems()
                        .forEach(problem -> problems.putIfAbsent(problem, combination.toString())));
        Set<String> keys = new TreeSet<>();
        problems.forEach((problem, combination) -> {
            assertThat(problem.component())
                    .as(combination)
                    .matches("(views|encoder|store|negatives|objective|method)\\.[a-z.-]+");
            assertThat(problem.allowed()).as(combination).isNotBlank();
            keys.add(problem.component());
        });
        assertThat(keys)
                .contains(
                        "views.crops",
                        "views.groups",
                        "views.local.crops",
                        "encoder.type",
                        "store.type",
                        "negatives.type",
                        "negatives.exclude-own",
                        "objective.type",
                        "method.rows",
                        "method.alpha",
                        "method.core-view",
                        "method.positives");
    }

    /** A check that refuses too much would leave something out. */
    @Test
    void everyChoiceIsPartOfSomethingLegal() {
        Set<String> used = LEGAL.stream()
                .flatMap(combination -> combination.choices().stream())
                .collect(Collectors.toSet());
        Set<String> all = new LinkedHashSet<>(Combination.METHODS.keySet());
        all.addAll(Combination.VIEWS.keySet());
        all.addAll(Combination.ENCODERS.keySet());
        all.addAll(Combination.STORES.keySet());
        all.addAll(Combination.NEGATIVES.keySet());
        all.addAll(Combination.OBJECTIVES.keySet());
        // Only exits have a weight.
        all.removeIf(choice -> choice.matches("selfcon-end-.*-0.5"));
        assertThat(used).containsExactlyInAnyOrderElementsOf(all);
    }

    /** Greedily: the combination with the most pairs that none before has, until there are none. */
    private static List<Combination> pairwise(List<Combination> legal) {
        List<Combination> left = new ArrayList<>(legal);
        List<Combination> chosen = new ArrayList<>();
        Set<String> covered = new HashSet<>();
        while (true) {
            Combination best = null;
            long most = 0;
            for (Combination candidate : left) {
                long fresh =
                        pairs(candidate).filter(pair -> !covered.contains(pair)).count();
                if (fresh > most) {
                    most = fresh;
                    best = candidate;
                }
            }
            if (best == null) {
                return chosen;
            }
            chosen.add(best);
            left.remove(best);
            pairs(best).forEach(covered::add);
            left.removeIf(candidate -> pairs(candidate).allMatch(covered::contains));
        }
    }

    private static Stream<String> pairs(Combination combination) {
        List<String> choices = combination.choices();
        List<String> pairs = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            for (int j = i + 1; j < choices.size(); j++) {
                pairs.add(choices.get(i) + " " + choices.get(j));
            }
        }
        return pairs.stream();
    }

    private static void takeTwoSteps(Combination combination) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            torch.manual_seed(1);
            Method.Setting setting = Combination.setting();
            Networks networks = arena.own(() -> combination.method().networks(combination.parts(), setting));
            try (Method method = combination.method().build(networks, combination.parts(), setting);
                    Sgd optimizer = new Sgd(
                            new Sgd.Config(0.03, 0.9, 1e-4, false),
                            StateDict.parameters(networks.module()).values())) {
                for (int step = 0; step < 2; step++) {
                    Map<String, double[]> before = Combination.tensors(method.state());
                    takeStep(combination, step, method, networks, optimizer);
                    checkChanges(combination, step, before, Combination.tensors(method.state()));
                }
            }
        }
    }

    private static void takeStep(Combination combination, int step, Method method, Networks networks, Sgd optimizer) {
        Map<String, Tensor> parameters = StateDict.parameters(networks.module());
        double[] first = Tensors.doubles(parameters.values().iterator().next());
        Method.Output output = method.forward(combination.input(step), Combination.at(step));
        double loss = Tensors.scalar(output.loss().total());
        assertThat(loss).isFinite();
        assertThat(output.loss().parts()).isNotEmpty();
        assertThat(output.loss().parts().values())
                .allSatisfy(part -> assertThat(Tensors.scalar(part)).isFinite());
        optimizer.zeroGrad();
        output.loss().total().backward();
        double squares = 0;
        for (Map.Entry<String, Tensor> parameter : parameters.entrySet()) {
            Tensor gradient = parameter.getValue().grad();
            if (gradient.defined()) {
                double square = Tensors.scalar(gradient.mul(gradient).sum());
                assertThat(square).as(parameter.getKey()).isFinite();
                squares += square;
            }
        }
        assertThat(squares).as("squared length of the gradient").isPositive();
        optimizer.step();
        method.commit(output);
        method.follows().ifPresent(measure -> method.observe(loss));
        assertThat(Tensors.doubles(parameters.values().iterator().next())).isNotEqualTo(first);
    }

    /** All stores have taken the step in, and the key encoder has followed as far as there was something to follow. */
    private static void checkChanges(
            Combination combination, int step, Map<String, double[]> before, Map<String, double[]> after) {
        assertThat(after.keySet()).isEqualTo(before.keySet());
        List<String> stores = after.keySet().stream()
                .filter(path -> path.endsWith("/memory") || path.endsWith("/queue"))
                .toList();
        boolean none = combination.parts().store() instanceof NegativeStore.None;
        int views = combination.parts().views().size();
        assertThat(stores).hasSize(none ? 0 : combination.method() instanceof Cmc.Config ? views : 1);
        assertThat(stores).allSatisfy(path -> {
            assertThat(after.get(path)).as(path).isNotEqualTo(before.get(path));
            assertThat(Arrays.stream(after.get(path)).sum()).as(path).isFinite();
        });
        if (combination.method() instanceof Moco.Config moco) {
            boolean followed = after.keySet().stream()
                    .filter(path -> path.matches("/key-encoder/.*\\.(weight|bias)"))
                    .anyMatch(path -> !Arrays.equals(after.get(path), before.get(path)));
            assertThat(followed)
                    .as("the key encoder has moved")
                    .isEqualTo(moco.update() == Moco.Update.AFTER_STEP || step > 0);
        }
    }
}
