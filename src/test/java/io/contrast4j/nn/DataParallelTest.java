package io.contrast4j.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.CustomGradient;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.OneThread;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Replicas on the CPU against one network, or against the same network on each part of the batch by hand. */
@ExtendWith(OneThread.class)
class DataParallelTest {
    private static final Set<String> BOTH = Set.of(PlainNetwork.EXIT, Backbone.EMBEDDING);

    private static DataParallel replicas(int count) {
        return new DataParallel(Collections.nCopies(count, Tensors.device("cpu")));
    }

    private static PlainNetwork network(PlainNetwork.Kind kind) {
        torch.manual_seed(7);
        return new PlainNetwork(kind, 3);
    }

    private static Tensor images(int rows) {
        torch.manual_seed(8);
        return torch.randn(rows, 3, 8, 8).to(ScalarType.Double);
    }

    /** What a pass forth and back leaves behind. */
    private record Pass(Map<String, double[]> outputs, Map<String, double[]> gradients, Map<String, double[]> buffers) {
        static Pass of(Backbone network, Map<String, Tensor> outputs) {
            Map<String, double[]> values = new LinkedHashMap<>();
            Tensor loss = Tensors.of(new double[] {0}, 1);
            for (String tap : outputs.keySet().stream().sorted().toList()) {
                Tensor rows = outputs.get(tap);
                values.put(tap, Tensors.doubles(rows));
                Tensor weights = torch.arange(Tensors.scalar(rows.numel()))
                        .to(rows.scalar_type())
                        .cos()
                        .view_as(rows)
                        .to(rows.device(), rows.scalar_type());
                loss = loss.add(rows.mul(weights).sum().cpu());
            }
            loss.sum().backward();
            Map<String, double[]> gradients = new LinkedHashMap<>();
            Map<String, Tensor> parameters = StateDict.parameters(network.module());
            parameters.forEach((name, parameter) -> {
                if (parameter.grad().defined()) {
                    gradients.put(name, Tensors.doubles(parameter.grad()));
                }
            });
            Map<String, double[]> buffers = new LinkedHashMap<>();
            StateDict.of(network.module()).forEach((name, tensor) -> {
                if (!parameters.containsKey(name)) {
                    buffers.put(name, Tensors.doubles(tensor));
                }
            });
            return new Pass(values, gradients, buffers);
        }

        void isNear(Pass other, double tolerance) {
            assertNear(outputs, other.outputs, tolerance);
            assertNear(gradients, other.gradients, tolerance);
            assertNear(buffers, other.buffers, tolerance);
        }

        private static void assertNear(Map<String, double[]> these, Map<String, double[]> those, double tolerance) {
            assertThat(these.keySet()).isEqualTo(those.keySet());
            these.forEach(
                    (name, values) -> assertThat(values).as(name).containsExactly(those.get(name), within(tolerance)));
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 8", "3, 8", "5, 8", "4, 5", "3, 1"})
    void passesAreThoseOfOneNetwork(int count, int rows) {
        try (DataParallel parallel = replicas(count);
                Scope scope = Scope.open()) {
            PlainNetwork alone = network(PlainNetwork.Kind.PLAIN);
            Pass one = Pass.of(alone, alone.forward(images(rows), BOTH));
            Backbone over =
                    parallel.over(network(PlainNetwork.Kind.PLAIN), () -> new PlainNetwork(PlainNetwork.Kind.PLAIN, 3));
            Pass.of(over, over.forward(images(rows), BOTH)).isNear(one, 1e-12);
            assertThat(one.gradients()).hasSize(8);
        }
    }

    /** Otherwise weight decay would shrink it, which it does not do in one network. */
    @Test
    void aParameterWithoutAPartInTheOutputHasNoGradient() {
        try (DataParallel parallel = replicas(2);
                Scope scope = Scope.open()) {
            Backbone over =
                    parallel.over(network(PlainNetwork.Kind.PLAIN), () -> new PlainNetwork(PlainNetwork.Kind.PLAIN, 3));
            Pass pass = Pass.of(over, over.forward(images(4), Set.of(Backbone.EMBEDDING)));
            assertThat(pass.gradients())
                    .containsOnlyKeys(
                            "stem.weight", "stem.bias", "hidden.0.weight", "hidden.0.bias", "fc.weight", "fc.bias");
        }
    }

    /** As torch.chunk has it; the last part may be smaller, and there may be fewer parts than replicas. */
    @ParameterizedTest
    @CsvSource({"2, 8, 4 4", "3, 8, 3 3 2", "4, 10, 3 3 3 1", "4, 5, 2 2 1", "4, 2, 1 1", "3, 1, 1"})
    void partsAreThoseOfTorchChunk(int count, int rows, String expected) {
        List<Integer> parts =
                Arrays.stream(expected.split(" ")).map(Integer::valueOf).toList();
        List<Long> seen = Collections.synchronizedList(new ArrayList<>());
        try (DataParallel parallel = replicas(count);
                Scope scope = Scope.open()) {
            PlainNetwork.Kind looked = new PlainNetwork.Kind(false, 0, images -> seen.add(images.size(0)));
            Backbone over = parallel.over(network(PlainNetwork.Kind.PLAIN), () -> new PlainNetwork(looked, 3));
            over.embed(images(rows));
            assertThat(seen).map(Long::intValue).containsExactlyInAnyOrderElementsOf(parts);
            assertThat(parallel.parts(rows)).isEqualTo(parts);
        }
    }

    @Test
    void thePlanSaysWhatIsWhere() {
        try (DataParallel parallel = replicas(4);
                Scope scope = Scope.open()) {
            assertThat(parallel.plan(8))
                    .isEqualTo("4 replicas; of a batch's 8 pictures 2 on cpu, 2 on cpu, 2 on cpu, 2 on cpu");
            assertThat(parallel.plan(5))
                    .isEqualTo("4 replicas; of a batch's 5 pictures 2 on cpu, 2 on cpu, 1 on cpu; 1 without any");
        }
    }

    /** Two passes in training: batch statistics of each part, running statistics of the first. */
    @ParameterizedTest
    @CsvSource({"2, 8", "3, 8", "4, 6"})
    void batchNormsSeeTheirPart(int count, int rows) {
        try (DataParallel parallel = replicas(count);
                Scope scope = Scope.open()) {
            PlainNetwork byHand = network(PlainNetwork.Kind.WITH_NORMS);
            Backbone over = parallel.over(
                    network(PlainNetwork.Kind.WITH_NORMS), () -> new PlainNetwork(PlainNetwork.Kind.WITH_NORMS, 3));
            for (int pass = 0; pass < 2; pass++) {
                Tensor images = images(rows).add(Tensors.scalar(pass));
                Pass expected = Pass.of(byHand, partByPart(byHand, images, parallel.parts(rows)));
                Pass.of(over, over.forward(images, BOTH)).isNear(expected, 1e-12);
                assertThat(expected.buffers().get("norm.num_batches_tracked")).containsExactly(pass + 1);
            }
        }
    }

    private static Map<String, Tensor> partByPart(PlainNetwork network, Tensor images, List<Integer> parts) {
        Map<String, List<Tensor>> rows = new LinkedHashMap<>();
        Map<String, Tensor> first = new LinkedHashMap<>();
        long from = 0;
        for (int size : parts) {
            network.forward(images.narrow(0, from, size), BOTH)
                    .forEach((tap, part) ->
                            rows.computeIfAbsent(tap, name -> new ArrayList<>()).add(part));
            if (from == 0) {
                StateDict.of(network).forEach((name, tensor) -> first.put(name, tensor.clone()));
            }
            from += size;
        }
        StateDict.of(network).forEach((name, tensor) -> tensor.variable_data().copy_(first.get(name)));
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        rows.forEach((tap, some) -> outputs.put(tap, torch.cat(new TensorVector(some.toArray(new Tensor[0])), 0)));
        return outputs;
    }

    @Test
    void evaluationUsesTheRunningStatisticsInAllParts() {
        try (DataParallel parallel = replicas(3);
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            PlainNetwork network = network(PlainNetwork.Kind.WITH_NORMS);
            Backbone over = parallel.over(network, () -> new PlainNetwork(PlainNetwork.Kind.WITH_NORMS, 3));
            over.embed(images(8).add(Tensors.scalar(2)));
            over.module().train(false);
            Tensor features = over.embed(images(7));
            assertThat(features.requires_grad()).isFalse();
            assertThat(Tensors.doubles(features))
                    .containsExactly(Tensors.doubles(network.embed(images(7))), within(1e-12));
        }
    }

    /** In evaluation, where rows do not depend on each other. */
    @TestFactory
    Stream<DynamicTest> everyFamilyCanBeReplicated() {
        Map<Backbone.Config, Integer> sides = new LinkedHashMap<>();
        sides.put(new ResNet.Config(18, 1.0 / 16, 8), 32);
        sides.put(new ResNet.Config(50, 1.0 / 32, 8), 32);
        sides.put(new AlexNet.Config(8), 224);
        sides.put(new TorchvisionResNet.Config(18, 4, 1, Stem.CIFAR, false, ProjectionHead.MLP, 8), 16);
        sides.put(new RingResNet.Config(18, 4, Stem.CIFAR, 8), 16);
        sides.put(new SmallAlexNet.Config(32, 8), 32);
        sides.put(
                new SelfConResNet.Config(18, 4, Stem.CIFAR, List.of(1, 3), ExitSize.FC, false, ProjectionHead.MLP, 8),
                16);
        sides.put(new SelfConVgg.Config(13, true, List.of(2), ExitSize.FC, ProjectionHead.MLP, 8), 32);
        sides.put(new SelfConWideResNet.Config(false, 0.3, List.of(1), ExitSize.FC, ProjectionHead.MLP, 8), 8);
        sides.put(new SelfConEfficientNet.Config(0.2, 0.2, List.of(4), ProjectionHead.LINEAR, 8), 16);
        return sides.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(
                        entry.getKey().getClass().getName(), () -> replicate(entry.getKey(), entry.getValue())));
    }

    private static void replicate(Backbone.Config config, int side) {
        try (DataParallel parallel = replicas(2);
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            torch.manual_seed(3);
            Backbone network = config.build(3);
            Backbone over = parallel.over(network, () -> config.build(3));
            over.module().train(false);
            assertThat(over.taps()).isEqualTo(network.taps());
            Tensor images = torch.randn(3, 3, side, side);
            assertThat(Tensors.doubles(over.embed(images)))
                    .containsExactly(Tensors.doubles(network.embed(images)), within(1e-5));
        }
    }

    @Test
    void weightsWithChannelsLastKeepTheirOrder() {
        try (DataParallel parallel = replicas(2);
                Scope scope = Scope.open()) {
            PlainNetwork alone = network(PlainNetwork.Kind.PLAIN);
            Pass one = Pass.of(alone, alone.forward(images(6), BOTH));
            Backbone over =
                    parallel.over(network(PlainNetwork.Kind.PLAIN), () -> new PlainNetwork(PlainNetwork.Kind.PLAIN, 3));
            ChannelsLast.weights(over.module());
            Pass.of(over, over.forward(ChannelsLast.images(images(6)), BOTH)).isNear(one, 1e-12);
            Tensor weight = StateDict.parameters(over.module()).get("stem.weight");
            assertThat(weight.stride(1)).isEqualTo(1);
            assertThat(weight.grad().stride(1)).isEqualTo(1);
        }
    }

    /** Each part has a mask of its own, which does not depend on whose thread is first. */
    @Test
    void dropoutDependsOnTheSeedAndTheReplica() {
        PlainNetwork.Kind dropping = new PlainNetwork.Kind(false, 0.5, images -> {});
        try (DataParallel parallel = replicas(4);
                Scope scope = Scope.open()) {
            Backbone over = parallel.over(network(dropping), () -> new PlainNetwork(dropping, 3));
            Tensor one = images(1);
            Tensor same = one.expand(16, 3, 8, 8);
            Set<List<Double>> all = new HashSet<>();
            Set<List<Double>> parts = new HashSet<>();
            for (int repeat = 0; repeat < 5; repeat++) {
                torch.manual_seed(11);
                double[] rows =
                        Tensors.doubles(over.forward(same, Set.of("pooled")).get("pooled"));
                all.add(Arrays.stream(rows).boxed().toList());
                for (int part = 0; part < 4; part++) {
                    parts.add(Arrays.stream(rows, part * 24, (part + 1) * 24)
                            .boxed()
                            .toList());
                }
            }
            assertThat(all).hasSize(1);
            assertThat(parts).as("masks of 24 values").hasSize(4);
            torch.manual_seed(12);
            assertThat(all)
                    .doesNotContain(Arrays.stream(Tensors.doubles(
                                    over.forward(same, Set.of("pooled")).get("pooled")))
                            .boxed()
                            .toList());
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.2, 0.7, 1})
    void dropoutFromAGeneratorOfItsOwnIsLibTorchs(double probability) {
        try (Scope scope = Scope.open()) {
            Tensor x = torch.randn(40, 5);
            torch.manual_seed(21);
            double[] expected = Tensors.doubles(torch.dropout(x, probability, true));
            double[] own = LayerDraws.from(
                    torch.createCPUGenerator(21), () -> Tensors.doubles(LayerDraws.dropout(x, probability)));
            assertThat(own).containsExactly(expected);
        }
    }

    /** What is drawn after them is what it would be without: the start of a bank, and of the classifiers of an evaluation. */
    @Test
    void neitherBuildingNorEvaluatingDrawsFromTheGenerator() {
        try (DataParallel parallel = replicas(3);
                Scope scope = Scope.open()) {
            network(PlainNetwork.Kind.PLAIN);
            double[] after = Tensors.doubles(torch.randn(4));
            Tensor images = images(6);
            Backbone over =
                    parallel.over(network(PlainNetwork.Kind.PLAIN), () -> new PlainNetwork(PlainNetwork.Kind.PLAIN, 3));
            over.module().train(false);
            over.embed(images);
            assertThat(Tensors.doubles(torch.randn(4))).containsExactly(after);
        }
    }

    @Test
    void autocastReachesTheReplicas() {
        Map<String, Boolean> types = new ConcurrentHashMap<>();
        PlainNetwork.Kind looked = new PlainNetwork.Kind(
                false,
                0,
                images -> types.put(
                        Thread.currentThread().getName(),
                        torch.is_autocast_enabled(torch.DeviceType.CPU)
                                && torch.get_autocast_dtype(torch.DeviceType.CPU)
                                        .intern()
                                        .equals(ScalarType.BFloat16)));
        try (DataParallel parallel = replicas(2);
                Scope scope = Scope.open()) {
            Backbone over = parallel.over(network(PlainNetwork.Kind.PLAIN), () -> new PlainNetwork(looked, 3));
            try (Autocast autocast = Autocast.open(Tensors.device("cpu"), ScalarType.BFloat16)) {
                over.embed(images(4));
            }
            assertThat(types).containsExactlyInAnyOrderEntriesOf(Map.of("replica 0", true, "replica 1", true));
            over.embed(images(4));
            assertThat(types).containsExactlyInAnyOrderEntriesOf(Map.of("replica 0", false, "replica 1", false));
        }
    }

    @Test
    void whatAReplicaThrowsIsThrown() {
        PlainNetwork.Kind picky = new PlainNetwork.Kind(false, 0, images -> {
            double sum = Tensors.scalar(images.sum());
            if (Double.isNaN(sum)) {
                throw new IllegalStateException("not with " + images.size(0) + " rows");
            }
        });
        try (DataParallel parallel = replicas(3);
                Scope scope = Scope.open()) {
            Backbone over = parallel.over(network(PlainNetwork.Kind.PLAIN), () -> new PlainNetwork(picky, 3));
            Tensor images = images(8);
            Tensor damaged = images.clone();
            damaged.narrow(0, 3, 5).fill_(Tensors.scalar(Double.NaN));
            assertThatThrownBy(() -> over.embed(damaged))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("not with 3 rows")
                    .satisfies(thrown -> {
                        assertThat(thrown.getStackTrace())
                                .anyMatch(frame -> frame.getClassName().equals(Trunk.class.getName()));
                        assertThat(thrown.getSuppressed())
                                .singleElement()
                                .satisfies(other -> assertThat(other).hasMessage("not with 2 rows"));
                    });
            assertThat(Tensors.doubles(over.embed(images)))
                    .as("and after it all is as before")
                    .containsExactly(
                            Tensors.doubles(network(PlainNetwork.Kind.PLAIN).embed(images)), within(1e-12));
        }
    }

    /** Doubles what a network puts out by an operation whose hooks must live until the backward pass. */
    private record Doubled(Backbone network) implements Backbone {
        @Override
        public Set<String> taps() {
            return network.taps();
        }

        @Override
        public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
            Map<String, Tensor> outputs = network.forward(images, taps);
            outputs.replaceAll((tap, rows) -> CustomGradient.of(
                    rows, () -> rows.mul(Tensors.scalar(2)), gradient -> gradient.mul(Tensors.scalar(2))));
            return outputs;
        }

        @Override
        public Module module() {
            return network.module();
        }
    }

    @Test
    void whatAReplicaCreatesLivesUntilTheBackwardPass() {
        try (DataParallel parallel = replicas(2);
                Scope scope = Scope.open()) {
            Doubled alone = new Doubled(network(PlainNetwork.Kind.PLAIN));
            Pass one = Pass.of(alone, alone.forward(images(6), BOTH));
            Backbone over = parallel.over(
                    new Doubled(network(PlainNetwork.Kind.PLAIN)),
                    () -> new Doubled(new PlainNetwork(PlainNetwork.Kind.PLAIN, 3)));
            Pass.of(over, over.forward(images(6), BOTH)).isNear(one, 1e-12);
        }
    }

    @Test
    void aReplicaHasNoTensorsOfItsOwn() {
        try (DataParallel parallel = replicas(2);
                Scope scope = Scope.open()) {
            List<PlainNetwork> built = new ArrayList<>();
            Backbone over = parallel.over(network(PlainNetwork.Kind.WITH_NORMS), () -> {
                built.add(new PlainNetwork(PlainNetwork.Kind.WITH_NORMS, 3));
                return built.get(built.size() - 1);
            });
            over.embed(images(4));
            assertThat(built).hasSize(2);
            assertThat(built)
                    .allSatisfy(replica ->
                            assertThat(StateDict.of(replica).values()).allMatch(tensor -> tensor.numel() == 0));
            assertThat(over.module()).as("what is trained and saved").isNotIn(built);
        }
    }

    /** Native objects are counted and resident memory is watched: a pass that stays would be about 2 MiB. */
    @Test
    void twoHundredStepsLeaveNothingBehind() {
        try (Arena arena = new Arena();
                DataParallel parallel = replicas(2)) {
            Backbone over = arena.own(() -> parallel.over(
                    network(PlainNetwork.Kind.WITH_NORMS), () -> new PlainNetwork(PlainNetwork.Kind.WITH_NORMS, 3)));
            steps(over, 60);
            long objects = Pointer.totalCount();
            long bytes = Pointer.physicalBytes();
            steps(over, 200);
            assertThat(Pointer.totalCount() - objects).isLessThan(20);
            assertThat(Pointer.physicalBytes() - bytes).isLessThan(60L << 20);
        }
    }

    private static void steps(Backbone network, int count) {
        for (int step = 0; step < count; step++) {
            try (Scope scope = Scope.open()) {
                Tensor images = torch.randn(8, 3, 64, 64).to(ScalarType.Double);
                network.embed(images).sum().backward();
                StateDict.parameters(network.module())
                        .values()
                        .forEach(parameter -> parameter.mutable_grad().reset());
            }
        }
    }

    /** On GPUs as many as there are; on a single one twice. */
    @Test
    @Tag("gpu")
    void passesOnGpusAreThoseOfOneNetwork() {
        assumeTrue(torch.cuda_is_available(), "no GPU is usable here");
        int gpus = torch.cuda_device_count();
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            List<Device> devices = new ArrayList<>();
            for (int replica = 0; replica < Math.max(2, gpus); replica++) {
                devices.add(Tensors.device("cuda:" + replica % gpus));
            }
            try (DataParallel parallel = new DataParallel(devices)) {
                PlainNetwork.Kind kind = PlainNetwork.Kind.WITH_NORMS;
                PlainNetwork byHand = network(kind);
                Pass expected = Pass.of(byHand, partByPart(byHand, images(12), parallel.parts(12)));
                PlainNetwork network = network(kind);
                network.to(devices.get(0), false);
                Backbone over = parallel.over(network, () -> new PlainNetwork(kind, 3));
                Pass.of(over, over.forward(Tensors.to(images(12), devices.get(0)), BOTH))
                        .isNear(expected, 1e-9);
            }
        }
    }
}
