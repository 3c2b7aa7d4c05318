package io.contrast4j.golden;

import static io.contrast4j.golden.Precision.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.contrast4j.checkpoint.Pretrained;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.golden.GoldenKeys.Key;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.ProjectionHead;
import io.contrast4j.nn.ResNetStages;
import io.contrast4j.nn.RingResNet;
import io.contrast4j.nn.Stem;
import io.contrast4j.nn.TorchvisionResNet;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** The networks of MoCo, align-uniform and ring: their tensors' names and shapes, and forward passes. */
@Tag("golden")
class TorchvisionGoldenTest {
    private static final List<String> FAMILIES = List.of("align_uniform", "ring");

    /** The encoders in a list of keys: what precedes theirs. */
    private static final Pattern STEM = Pattern.compile("(.*?)(conv1|features\\.0)\\.weight");

    @TestFactory
    Stream<DynamicTest> keys() {
        List<DynamicTest> tests = new ArrayList<>();
        for (String family : FAMILIES) {
            for (Path file : found(family, "checkpoint_layouts*.json")) {
                Goldens.json(file).entrySet().forEach(entry -> {
                    if (entry.getValue().isJsonObject()
                            && entry.getValue().getAsJsonObject().has("keys")) {
                        tests.add(DynamicTest.dynamicTest(
                                entry.getKey(), () -> checkKeys(entry.getValue().getAsJsonObject())));
                    }
                });
            }
        }
        assumeTrue(!tests.isEmpty(), "no layouts in " + Goldens.root());
        return tests.stream();
    }

    /** The files of a kind; none if the family has none, so that another family's run all the same. */
    private static List<Path> found(String family, String glob) {
        if (!Files.isDirectory(Goldens.root().resolve(family))) {
            return List.of();
        }
        return Goldens.find(family, glob).toList();
    }

    private static void checkKeys(JsonObject golden) {
        JsonArray keys = golden.getAsJsonArray("keys");
        assumeTrue(!keys.get(0).isJsonPrimitive(), "names without shapes");
        Map<String, long[]> all = new LinkedHashMap<>();
        Map<String, Boolean> integer = new LinkedHashMap<>();
        boolean shortened = false;
        for (JsonElement element : keys) {
            JsonArray key = element.getAsJsonArray();
            // "...rest as another" stands for what differs in nothing.
            if (key.get(0).getAsString().startsWith("...")) {
                shortened = true;
            } else {
                all.put(key.get(0).getAsString(), Goldens.longs(key.get(2).getAsJsonArray()));
                integer.put(key.get(0).getAsString(), key.get(1).getAsString().equals("int64"));
            }
        }
        Set<String> prefixes = prefixes(all.keySet());
        assertThat(prefixes).isNotEmpty();
        for (String prefix : prefixes) {
            Map<String, long[]> shapes = below(prefix, all);
            if (shortened) {
                shapes.put("l2.weight", new long[] {128, 0});
            }
            try (Arena arena = new Arena();
                    Scope scope = Scope.open()) {
                List<Key> actual =
                        GoldenKeys.of(arena.own(() -> network(shapes)).module());
                List<Key> expected = all.entrySet().stream()
                        .filter(entry -> entry.getKey().startsWith(prefix))
                        .map(entry -> new Key(
                                entry.getKey().substring(prefix.length()),
                                GoldenKeys.shape(entry.getValue()),
                                integer.get(entry.getKey()),
                                !entry.getKey().matches(".*(running_mean|running_var|num_batches_tracked)")))
                        .toList();
                assertThat(shortened ? actual.subList(0, expected.size()) : actual)
                        .isEqualTo(expected);
                if (golden.has("n_params")) {
                    assertThat(actual.stream()
                                    .filter(Key::parameter)
                                    .mapToLong(key -> key.shape().stream().reduce(1L, (a, b) -> a * b))
                                    .sum())
                            .isEqualTo(golden.get("n_params").getAsLong());
                }
            }
        }
    }

    private static Set<String> prefixes(Set<String> keys) {
        return keys.stream()
                .map(STEM::matcher)
                .filter(Matcher::matches)
                .filter(matcher -> !matcher.group(1).matches(".*layer\\d.*|.*features\\..*"))
                .map(matcher -> matcher.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static <T> Map<String, T> below(String prefix, Map<String, T> all) {
        Map<String, T> below = new LinkedHashMap<>();
        all.forEach((key, value) -> {
            if (key.startsWith(prefix)) {
                below.put(key.substring(prefix.length()), value);
            }
        });
        return below;
    }

    /** Our network for the given names and shapes. */
    private static Backbone network(Map<String, long[]> shapes) {
        boolean ring = shapes.containsKey("features.0.weight");
        String stage = ring ? "features." : "layer";
        int first = ring ? 4 : 1;
        boolean bottleneck = shapes.containsKey(stage + first + ".0.conv3.weight");
        List<Integer> blocks = new ArrayList<>();
        for (int s = first; s < first + 4; s++) {
            int count = 0;
            while (shapes.containsKey(stage + s + "." + count + ".conv1.weight")) {
                count++;
            }
            blocks.add(count);
        }
        long[] stem = shapes.get(ring ? "features.0.weight" : "conv1.weight");
        // A shortened list says no more than its first block, which is that of a ResNet-18 or 50.
        boolean shortened = blocks.contains(0);
        if (shortened) {
            bottleneck = shapes.get(stage + first + ".0.conv1.weight")[2] == 1;
            blocks = bottleneck ? List.of(3, 4, 6, 3) : List.of(2, 2, 2, 2);
        }
        ResNetStages stages = new ResNetStages(bottleneck, blocks, (int) stem[0], 1, false);
        Stem kind = stem[2] == 3 ? Stem.CIFAR : Stem.IMAGENET;
        if (ring) {
            return new RingResNet(stages, kind, (int) shapes.get("l2.weight")[0], (int) stem[1]);
        }
        ProjectionHead head = shapes.containsKey("fc.2.weight") ? ProjectionHead.MLP : ProjectionHead.LINEAR;
        int dim = (int) shapes.get(head == ProjectionHead.MLP ? "fc.2.weight" : "fc.weight")[0];
        return new TorchvisionResNet(stages, kind, head, dim, (int) stem[1]);
    }

    @TestFactory
    Stream<DynamicTest> filledNetworks() {
        return FAMILIES.stream()
                .flatMap(family -> found(family, "fill_rule*.json").stream())
                .flatMap(file -> Stream.of(Precision.values())
                        .flatMap(precision -> Stream.of("eval", "train")
                                .map(mode -> DynamicTest.dynamicTest(
                                        file.getParent().getFileName() + " " + mode + " " + precision,
                                        () -> checkFilled(Goldens.json(file), mode, precision)))));
    }

    private static final Pattern INPUT = Pattern.compile("name '(.*)', shape \\[(.*)]");

    private static void checkFilled(JsonObject golden, String mode, Precision precision) {
        JsonElement run = golden.get("forward_check_" + mode);
        assumeTrue(run != null, "no pass in this mode");
        Map<String, long[]> all = new LinkedHashMap<>();
        for (JsonElement element : golden.getAsJsonArray("init")) {
            JsonArray entry = element.getAsJsonArray();
            all.put(entry.get(0).getAsString(), Goldens.longs(entry.get(1).getAsJsonArray()));
        }
        String prefix = prefixes(all.keySet()).iterator().next();
        Matcher input = INPUT.matcher(
                golden.getAsJsonObject("forward_check_eval").get("input").getAsString());
        assertThat(input.matches()).isTrue();
        long[] shape = Arrays.stream(input.group(2).split(","))
                .mapToLong(Long::parseLong)
                .toArray();
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Backbone net = arena.own(() -> network(below(prefix, all)));
            Fill.he(prefix).fill(net.module(), precision.type);
            checkFill(golden.getAsJsonArray("init"), prefix, StateDict.of(net.module()));
            net.module().train(mode.equals("train"));
            Map<String, Tensor> outputs =
                    net.forward(Fill.noise(input.group(1), precision.type, shape), Set.of("pooled", "head"));
            double tolerance = precision.of(1e-9, mode.equals("train") ? 1e-3 : 1e-5);
            for (Map.Entry<String, JsonElement> row : run.getAsJsonObject().entrySet()) {
                if (!(row.getValue() instanceof JsonPrimitive)) {
                    Tensor output = outputs.get(row.getKey().equals("h_row0") ? "pooled" : "head");
                    double[] actual = Tensors.doubles(output.select(0, 0));
                    assertClose(
                            row.getKey(), actual, Goldens.doubles(row.getValue().getAsJsonArray()), tolerance);
                }
            }
        }
    }

    /** [name, shape, first, last, sum] of every tensor, which are float32's values. */
    private static void checkFill(JsonArray init, String prefix, Map<String, Tensor> state) {
        assertThat(init).hasSize(state.size());
        for (JsonElement element : init) {
            JsonArray entry = element.getAsJsonArray();
            String name = entry.get(0).getAsString();
            double[] values = Tensors.doubles(state.get(name.substring(prefix.length())));
            double sum = Arrays.stream(values).map(Math::abs).sum();
            assertClose(name, values[0], entry.get(2).getAsDouble(), 0, 0);
            assertClose(name, values[values.length - 1], entry.get(3).getAsDouble(), 0, 0);
            assertClose(name, Arrays.stream(values).sum(), entry.get(4).getAsDouble(), 0, 1e-5 * (1 + sum));
        }
    }

    @TestFactory
    Stream<DynamicTest> checkpoints() {
        List<DynamicTest> tests = new ArrayList<>();
        for (String family : FAMILIES) {
            for (Path file : found(family, "checkpoints*.json")) {
                Goldens.json(file).entrySet().forEach(entry -> {
                    if (entry.getValue().getAsJsonObject().has("probe_input")) {
                        for (Precision precision : Precision.values()) {
                            tests.add(DynamicTest.dynamicTest(
                                    entry.getKey() + " " + precision,
                                    () -> checkProbe(
                                            file,
                                            entry.getKey(),
                                            entry.getValue().getAsJsonObject(),
                                            precision)));
                        }
                    }
                });
            }
        }
        assumeTrue(!tests.isEmpty(), "no checkpoints in " + Goldens.root());
        return tests.stream();
    }

    private static void checkProbe(Path file, String id, JsonObject golden, Precision precision) {
        try (Arena arena = new Arena();
                Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Path weights = file.resolveSibling(golden.get("file").getAsString());
            Backbone net = arena.own(() -> loaded(weights, precision));
            boolean ring = StateDict.of(net.module()).containsKey("features.0.weight");
            JsonObject input = golden.getAsJsonObject("probe_input");
            Tensor images = Fill.noise(
                    input.get("name").getAsString(), precision.type, Goldens.longs(input.getAsJsonArray("shape")));
            Map<String, Tensor> expected = Goldens.tensors(file);
            Map<String, String> probes = ring
                    ? Map.of("probe_h", "pooled", "probe_out", "head")
                    : Map.of("probe_features", "pooled", "probe_embedding", Backbone.EMBEDDING);
            Map<String, Tensor> outputs = net.forward(images, Set.copyOf(probes.values()));
            probes.forEach((name, tap) -> {
                long rows = expected.get(id + "/" + name).size(0);
                assertClose(
                        name,
                        outputs.get(tap).narrow(0, 0, rows),
                        expected.get(id + "/" + name),
                        precision.of(1e-9, 1e-5));
            });
        }
    }

    /** The encoder of a checkpoint, in evaluation; the caller's arena owns it. */
    static Backbone loaded(Path weights, Precision precision) {
        Map<String, Tensor> all = stateDict(weights);
        boolean ring = all.containsKey("model.features.0.weight");
        Map<String, long[]> shapes = new LinkedHashMap<>();
        below(ring ? "model." : "module.encoder_q.", all)
                .forEach((name, tensor) -> shapes.put(name, Tensors.shape(tensor)));
        Backbone net = network(shapes);
        new Pretrained(Optional.of(weights), Optional.empty(), Pretrained.Layers.ALL).into(net.module());
        net.module().to(Goldens.device(), precision.type, false);
        net.module().eval();
        return net;
    }

    private static Map<String, Tensor> stateDict(Path file) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Map<?, ?> state = (Map<?, ?>) PthFile.readMap(file).get("state_dict");
        state.forEach((name, tensor) -> tensors.put((String) name, (Tensor) tensor));
        return tensors;
    }
}
