package io.contrast4j.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.data.UnMix;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.UniformSample;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.DataParallel;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.nn.Networks;
import io.contrast4j.nn.PlainNetwork;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Nce;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Training on replicas against training on one network, where no row of a batch depends on others in the networks. */
class DataParallelMethodsTest {
    private static final int THREADS = torch.get_num_threads();
    private static final int BATCH = 8;
    private static final int ITEMS = 24;
    private static final int DIM = 4;

    @BeforeAll
    static void oneThread() {
        torch.set_num_threads(1);
    }

    @AfterAll
    static void allThreads() {
        torch.set_num_threads(THREADS);
    }

    /** What is trained. */
    private record Built(List<Backbone> networks, Method method, int crops, List<Integer> channels) {}

    /** Builds on so many replicas. */
    private interface Recipe {
        Built build(DataParallel parallel);
    }

    private static Map<String, Recipe> recipes() {
        Map<String, Recipe> all = new LinkedHashMap<>();
        all.put("insdis", parallel -> {
            Backbone network = network(parallel, 3);
            Method method = new InsDis(
                    network, store(new MemoryBank.Config(0.5)), new UniformSample(6), new Nce(new Nce.Config(0.2)));
            return new Built(List.of(network), method, 1, List.of(3));
        });
        all.put("cmc", parallel -> {
            List<Backbone> networks = List.of(network(parallel, 1), network(parallel, 2));
            Method method = new Cmc(
                    new Cmc.Config(),
                    List.of("l", "ab"),
                    views -> List.of(
                            networks.get(0).embed(views.get(0)), networks.get(1).embed(views.get(1))),
                    List.of(store(new MemoryBank.Config(0.5)), store(new MemoryBank.Config(0.5))),
                    new UniformSample(6),
                    new Nce(new Nce.Config(0.2)));
            return new Built(networks, method, 1, List.of(1, 2));
        });
        all.put("moco", parallel -> moco(parallel, false, Optional.empty()));
        all.put("moco-symmetric", parallel -> moco(parallel, true, Optional.empty()));
        all.put("moco-un-mix", parallel -> moco(parallel, false, Optional.of(new UnMix(1, 0.5))));
        all.put("selfcon", parallel -> {
            Backbone network = network(parallel, 3);
            Method method = new SelfCon(
                    new SelfCon.Config(SelfConTerms.Rows.EXITS_AND_END, SelfConTerms.Positives.SAME_CLASS, 0.5),
                    network,
                    Optional.empty(),
                    new InfoNce(new InfoNce.Config(0.2)));
            return new Built(List.of(network), method, 2, List.of(3));
        });
        return all;
    }

    private static Built moco(DataParallel parallel, boolean symmetric, Optional<UnMix> unMix) {
        Backbone online = network(parallel, 3);
        MomentumEncoder momentum = new MomentumEncoder(
                new MomentumEncoder.Config(0.9, MomentumEncoder.Buffers.OWN), online, () -> network(parallel, 3));
        Method method = new Moco(
                new Moco.Config(0.9, MomentumEncoder.Buffers.OWN, Moco.Update.BEFORE_KEYS, 1, symmetric, unMix),
                online,
                momentum,
                store(new FeatureQueue.Config(20)),
                new AllRows(),
                new InfoNce(new InfoNce.Config(0.2)));
        return new Built(List.of(online), method, 2, List.of(3));
    }

    private static Backbone network(DataParallel parallel, int channels) {
        return parallel.over(
                new PlainNetwork(PlainNetwork.Kind.PLAIN, channels),
                () -> new PlainNetwork(PlainNetwork.Kind.PLAIN, channels));
    }

    private static NegativeStore store(NegativeStore.Config config) {
        return config.build(ITEMS, DIM, ScalarType.Double, Tensors.device("cpu"));
    }

    /** The losses of three steps, and all weights and stores after them. */
    private static Map<String, double[]> train(Recipe recipe, int replicas) {
        Map<String, double[]> result = new LinkedHashMap<>();
        try (Arena arena = new Arena();
                DataParallel parallel = replicas(arena, replicas)) {
            torch.manual_seed(5);
            Built built = arena.own(() -> recipe.build(parallel));
            List<Tensor> parameters = arena.own(() -> built.networks().stream()
                    .flatMap(network -> StateDict.parameters(network.module()).values().stream())
                    .toList());
            List<Double> losses = new ArrayList<>();
            try (Sgd optimizer = new Sgd(new Sgd.Config(0.1, 0.9, 1e-2, false), parameters);
                    Method method = built.method()) {
                for (int step = 0; step < 3; step++) {
                    try (Scope scope = Scope.open()) {
                        optimizer.zeroGrad();
                        Method.Output output = method.forward(input(built, step), Combination.at(step));
                        losses.add(Tensors.scalar(output.loss().total()));
                        output.loss().total().backward();
                        optimizer.step();
                        method.commit(output);
                    }
                }
                try (Scope scope = Scope.open()) {
                    result.put(
                            "losses",
                            losses.stream().mapToDouble(Double::doubleValue).toArray());
                    for (int i = 0; i < parameters.size(); i++) {
                        result.put("parameter " + i, Tensors.doubles(parameters.get(i)));
                    }
                    result.putAll(Combination.tensors(method.state()));
                }
            }
        }
        return result;
    }

    private static DataParallel replicas(Arena arena, int count) {
        Device device = arena.own(() -> Tensors.device("cpu"));
        return new DataParallel(Collections.nCopies(count, device));
    }

    private static Method.Input input(Built built, int step) {
        torch.manual_seed(50 + step);
        List<Tensor> views = new ArrayList<>();
        for (int crop = 0; crop < built.crops(); crop++) {
            for (int channels : built.channels()) {
                views.add(torch.randn(BATCH, channels, 8, 8).to(ScalarType.Double));
            }
        }
        long[] labels = new long[BATCH];
        long[] indices = new long[BATCH];
        for (int i = 0; i < BATCH; i++) {
            labels[i] = i % 3;
            indices[i] = (5L * step + 2L * i) % ITEMS;
        }
        return new Method.Input(views, Tensors.of(labels, BATCH), Tensors.of(indices, BATCH));
    }

    @TestFactory
    Stream<DynamicTest> threeStepsAreThoseOfOneNetwork() {
        return recipes().entrySet().stream()
                .map(recipe -> DynamicTest.dynamicTest(recipe.getKey(), () -> {
                    Map<String, double[]> alone = train(recipe.getValue(), 1);
                    assertThat(alone.get("losses")).doesNotContain(Double.NaN).hasSize(3);
                    for (int replicas : new int[] {2, 3, 5}) {
                        Map<String, double[]> parallel = train(recipe.getValue(), replicas);
                        assertThat(parallel.keySet()).isEqualTo(alone.keySet());
                        parallel.forEach((name, values) -> assertThat(values)
                                .as("%s with %d replicas", name, replicas)
                                .containsExactly(alone.get(name), within(1e-12)));
                        assertSameBits(train(recipe.getValue(), replicas), parallel);
                    }
                }));
    }

    private static void assertSameBits(Map<String, double[]> again, Map<String, double[]> first) {
        again.forEach((name, values) -> assertThat(values).as(name).containsExactly(first.get(name)));
    }

    /** Legal combinations with real networks, until every method has come with every encoder it takes. */
    @TestFactory
    Stream<DynamicTest> everyMethodTrainsOnReplicas() {
        Set<String> seen = new LinkedHashSet<>();
        return Combination.all()
                .filter(combination -> !combination.choices().get(0).contains("shards"))
                .filter(combination -> combination.problems().isEmpty())
                .filter(combination -> seen.add(
                        combination.choices().get(0) + combination.choices().get(2)))
                .map(combination -> DynamicTest.dynamicTest(combination.toString(), () -> trains(combination)));
    }

    private static void trains(Combination combination) {
        try (Arena arena = new Arena();
                DataParallel parallel = replicas(arena, 2);
                Scope scope = Scope.open()) {
            torch.manual_seed(1);
            Method.Setting plain = Combination.setting();
            Method.Setting setting = new Method.Setting(
                    plain.items(),
                    plain.classes(),
                    plain.type(),
                    plain.device(),
                    plain.ranks(),
                    plain.distributed(),
                    parallel);
            Networks networks = combination.method().networks(combination.parts(), setting);
            Set<String> names = StateDict.of(networks.module()).keySet();
            assertThat(names)
                    .isEqualTo(StateDict.of(combination
                                    .method()
                                    .networks(combination.parts(), plain)
                                    .module())
                            .keySet());
            try (Method method = combination.method().build(networks, combination.parts(), setting)) {
                for (int step = 0; step < 2; step++) {
                    Method.Output output = method.forward(combination.input(step), Combination.at(step));
                    output.loss().total().backward();
                    method.commit(output);
                    assertThat(Tensors.scalar(output.loss().total())).isFinite();
                }
                assertThat(StateDict.parameters(networks.module()).values())
                        .anyMatch(parameter -> parameter.grad().defined());
            }
        }
    }
}
