package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.golden.Goldens;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that PyTorch wrote, in both containers, against the description of their content beside them. */
@Tag("golden")
class PthGoldenTest {
    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> isReadAsItWasSaved() {
        return described()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    try (Scope scope = Scope.open()) {
                        new Comparison(file).compare(PthFile.read(file), content(file), "root");
                    }
                }));
    }

    /** Types, shapes, strides and storages, without the elements. */
    @TestFactory
    Stream<DynamicTest> isListedAsItWasSaved() {
        return described()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    PthListing listing = PthFile.list(file);
                    assertThat(listing.container()).isEqualTo(file.toString().contains(".legacy.") ? "legacy" : "zip");
                    new Comparison(file).compare(listing.tree(), content(file), "root");
                }));
    }

    @TestFactory
    Stream<DynamicTest> survivesBeingWrittenAgain() {
        return described()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    try (Scope scope = Scope.open()) {
                        JsonObject content = content(file);
                        Map<?, ?> tree = PthFile.readMap(file);
                        // Numpy's arrays are only read.
                        tree.remove("numpy_array");
                        Path copy = folder.resolve("copy-" + file.getFileName());
                        PthFile.write(copy, tree);
                        new Comparison(copy).without("numpy_array").compare(PthFile.readMap(copy), content, "root");
                    }
                }));
    }

    /** Hostile and damaged files. */
    @TestFactory
    Stream<DynamicTest> hostileFilesAreRefused() {
        return Goldens.find("cmc", "pth/bad*/index*.json").flatMap(index -> {
            JsonObject described = Goldens.json(index);
            return Goldens.stream(described.getAsJsonArray("files")).map(element -> {
                JsonObject entry = element.getAsJsonObject();
                Path file = index.resolveSibling(entry.get("file").getAsString());
                return DynamicTest.dynamicTest(
                        entry.get("file").getAsString() + ": "
                                + entry.get("why").getAsString(),
                        () -> checkHostile(
                                file, entry.get("expect").getAsString(), described.getAsJsonObject("undamaged")));
            });
        });
    }

    /** The one of {@code expect}: "reject", or "reject or …" and "accept …", where the content may be read harmlessly. */
    private static void checkHostile(Path file, String expect, JsonObject undamaged) {
        assumeTrue(Files.exists(file), "no file " + file);
        String message = Assertions.assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            // The time on a core: other work on the machine does not count.
            ThreadMXBean cores = ManagementFactory.getThreadMXBean();
            long start = cores.getCurrentThreadCpuTime();
            String refused = "";
            try (Scope scope = Scope.open()) {
                Object tree = PthFile.read(file);
                assertThat(expect).as("%s was read: %s", file, tree).isNotEqualTo("reject");
                if (expect.contains("same content") || expect.contains("surplus")) {
                    new Comparison(file).compare(tree, undamaged, "root");
                }
            } catch (UserError error) {
                refused = error.getMessage();
            }
            assertThat(cores.getCurrentThreadCpuTime() - start)
                    .as("nanoseconds")
                    .isLessThan(2_000_000_000L);
            return refused;
        });
        if (expect.equals("reject")) {
            assertThat(message)
                    .startsWith(file + " is not a checkpoint that can be read (")
                    .endsWith(".")
                    .doesNotContain("\n");
        }
        assertThat(Stream.of(Path.of(""), file.getParent(), file.getParent().getParent()))
                .allMatch(place -> !Files.exists(place.resolve("PTH_FIXTURE_WAS_EXECUTED"))
                        && !Files.exists(place.resolve("PTH_FIXTURE_ESCAPED")));
    }

    @TestFactory
    Stream<DynamicTest> intactFilesBesideThemAreRead() {
        return Goldens.find("cmc", "pth/bad*/_undamaged.*.pth")
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    JsonObject expected = Goldens.json(file.resolveSibling("index.json"));
                    try (Scope scope = Scope.open()) {
                        new Comparison(file).compare(PthFile.read(file), expected.getAsJsonObject("undamaged"), "root");
                    }
                }));
    }

    /** Checkpoints of MoCo, align-uniform and ring: every tensor, and the optimizer's by the names of its parameters. */
    @TestFactory
    Stream<DynamicTest> trainingCheckpoints() {
        return Stream.of("align_uniform", "ring")
                .flatMap(family -> Goldens.find(family, "checkpoints*.json"))
                .flatMap(file -> Goldens.json(file).entrySet().stream()
                        .filter(entry -> entry.getValue().getAsJsonObject().has("state_dict"))
                        .map(entry -> DynamicTest.dynamicTest(
                                entry.getKey(),
                                () -> checkTraining(file, entry.getValue().getAsJsonObject()))));
    }

    private static void checkTraining(Path description, JsonObject expected) {
        Path file = description.resolveSibling(expected.get("file").getAsString());
        try (Scope scope = Scope.open()) {
            Map<?, ?> tree = PthFile.readMap(file);
            List<String> top = Goldens.stream(expected.getAsJsonArray("top_level_keys"))
                    .map(JsonElement::getAsString)
                    .toList();
            assertThat(tree.keySet().stream().map(Object::toString).toList()).isEqualTo(top);
            assertThat(tree.get("epoch")).isEqualTo(expected.get("epoch").getAsLong());
            Map<?, ?> state = (Map<?, ?>) tree.get("state_dict");
            List<String> names = new ArrayList<>();
            for (JsonElement element : expected.getAsJsonArray("state_dict")) {
                JsonArray named = element.getAsJsonArray();
                names.add(named.get(0).getAsString());
                compareHashed(
                        state.get(named.get(0).getAsString()),
                        named.get(1).getAsJsonObject(),
                        named.get(0).getAsString());
            }
            assertThat(new ArrayList<Object>(state.keySet())).isEqualTo(names);
            Object optimizer = tree.containsKey("optimizer")
                    ? tree.get("optimizer")
                    : ((List<?>) tree.get("optimizer_states")).get(0);
            checkOptimizer((Map<?, ?>) optimizer, expected.getAsJsonObject("optimizer"));
            if (expected.has("callbacks")) {
                Map<String, JsonElement> callbacks =
                        expected.getAsJsonObject("callbacks").asMap();
                Map<?, ?> read = (Map<?, ?>) tree.get("callbacks");
                assertThat(read.keySet().stream()
                                .map(key -> "class:" + ((PythonClass) key).name())
                                .toList())
                        .isEqualTo(new ArrayList<>(callbacks.keySet()));
                read.forEach((key, values) -> callbacks
                        .get("class:" + ((PythonClass) key).name())
                        .getAsJsonObject()
                        .entrySet()
                        .forEach(value -> assertThat(String.valueOf(((Map<?, ?>) values).get(value.getKey())))
                                .isEqualTo(
                                        value.getValue().isJsonNull()
                                                ? "null"
                                                : value.getValue().getAsString())));
            }
        }
    }

    /** States are found by the position of their number in {@code params}, whatever the numbers are. */
    private static void checkOptimizer(Map<?, ?> optimizer, JsonObject expected) {
        Map<?, ?> group = (Map<?, ?>) ((List<?>) optimizer.get("param_groups")).get(0);
        JsonObject expectedGroup =
                expected.getAsJsonArray("param_groups").get(0).getAsJsonObject();
        assertThat(group.get("lr")).isEqualTo(expectedGroup.get("lr").getAsDouble());
        assertThat((List<?>) group.get("params"))
                .isEqualTo(Arrays.stream(Goldens.longs(expectedGroup.getAsJsonArray("params")))
                        .boxed()
                        .toList());
        Map<?, ?> state = (Map<?, ?>) optimizer.get("state");
        if (expected.get("state").isJsonArray()) {
            assertThat(state).hasSize(expected.getAsJsonArray("state").size());
            for (JsonElement element : expected.getAsJsonArray("state")) {
                JsonArray entry = element.getAsJsonArray();
                Map<?, ?> own = (Map<?, ?>) state.get(entry.get(1).getAsLong());
                compareHashed(
                        own.get("momentum_buffer"),
                        entry.get(2).getAsJsonObject().getAsJsonObject("momentum_buffer"),
                        entry.get(0).getAsString());
            }
        } else {
            expected.getAsJsonObject("state").entrySet().forEach(entry -> {
                Map<?, ?> own =
                        (Map<?, ?>) state.get(Long.parseLong(entry.getKey().substring("int:".length())));
                compareHashed(
                        own.get("momentum_buffer"),
                        entry.getValue()
                                .getAsJsonObject()
                                .getAsJsonObject("momentum_buffer")
                                .getAsJsonObject("tensor"),
                        entry.getKey());
            });
        }
    }

    private static void compareHashed(Object actual, JsonObject expected, String at) {
        Tensor tensor = (Tensor) actual;
        assertThat(ElementType.of(tensor).torchName)
                .as(at)
                .isEqualTo(expected.get("dtype").getAsString());
        assertThat(Tensors.shape(tensor)).as(at).isEqualTo(Goldens.longs(expected.getAsJsonArray("shape")));
        assertThat(sha(tensor)).as(at).isEqualTo(expected.get("sha256").getAsString());
    }

    /** SelfCon's: all files hold the same weights and velocities under different names. */
    @TestFactory
    Stream<DynamicTest> selfConCheckpoints() {
        return Goldens.find("selfcon", "checkpoints/expected*.json")
                .flatMap(description -> Goldens.stream(Goldens.json(description).getAsJsonArray("files"))
                        .map(element -> DynamicTest.dynamicTest(
                                element.getAsJsonObject().get("file").getAsString(),
                                () -> checkSelfCon(description, element.getAsJsonObject()))));
    }

    private static void checkSelfCon(Path description, JsonObject file) {
        Path path = description.resolveSibling(file.get("file").getAsString());
        assumeTrue(Files.exists(path), "this file is only in the larger collection: " + path.getFileName());
        try (Scope scope = Scope.open()) {
            Map<?, ?> tree = PthFile.readMap(path);
            Map<?, ?> model = tree.get("model") instanceof Map<?, ?> part ? part : tree;
            Map<String, Tensor> expected = SafeTensors.read(Goldens.sibling(description, ".safetensors"));
            List<Object> names = new ArrayList<>(model.keySet());
            assertThat(names.subList(0, 3).stream().map(Object::toString).toList())
                    .isEqualTo(Goldens.stream(file.getAsJsonArray("first_model_keys"))
                            .map(JsonElement::getAsString)
                            .toList());
            int compared = 0;
            for (Object name : names) {
                String plain = ((String) name).replace("module.", "").replace("downsample", "shortcut");
                assertThat(((Tensor) model.get(name)).equal(expected.get("model." + plain)))
                        .as(plain)
                        .isTrue();
                compared++;
            }
            assertThat((long) compared)
                    .isEqualTo(expected.keySet().stream()
                            .filter(key -> key.startsWith("model."))
                            .count());
            if (tree.get("optimizer") instanceof Map<?, ?> optimizer) {
                Map<?, ?> group = (Map<?, ?>) ((List<?>) optimizer.get("param_groups")).get(0);
                assertThat(group.get("lr")).isEqualTo(file.get("lr").getAsDouble());
                Map<?, ?> state = (Map<?, ?>) optimizer.get("state");
                int position = 0;
                for (Object id : (List<?>) group.get("params")) {
                    Tensor velocity = (Tensor) ((Map<?, ?>) state.get(id)).get("momentum_buffer");
                    assertThat(velocity.equal(expected.get("momentum." + position++)))
                            .isTrue();
                }
            }
        }
    }

    private static Stream<Path> described() {
        return Goldens.find("cmc", "pth/*.pth").filter(file -> Files.exists(description(file)));
    }

    private static Path description(Path file) {
        String name = file.getFileName().toString();
        return file.resolveSibling(name.replaceAll("\\.(zip|legacy)\\.pth$", "") + ".json");
    }

    private static JsonObject content(Path file) {
        return Goldens.json(description(file)).getAsJsonObject("content");
    }

    /** Compares one file with its description; tensors with the same number of a storage must share it. */
    private static final class Comparison {
        private final String file;
        private final Map<Integer, Object> storages = new HashMap<>();
        private Set<String> left = Set.of();
        private boolean copied;

        Comparison(Path file) {
            this.file = file.getFileName().toString();
        }

        /** A copy, which has no such key at the top, and whose tensors share nothing. */
        Comparison without(String key) {
            left = Set.of(key);
            copied = true;
            return this;
        }

        void compare(Object actual, JsonObject expected, String at) {
            String where = file + " " + at;
            String type = expected.get("type").getAsString();
            JsonElement value = expected.get("value");
            switch (type) {
                case "dict" -> {
                    assertThat(actual).as(where).isInstanceOf(Map.class).isNotInstanceOf(OrderedDict.class);
                    compareItems((Map<?, ?>) actual, expected, at);
                }
                case "OrderedDict" -> {
                    assertThat(actual).as(where).isInstanceOf(OrderedDict.class);
                    compareItems((OrderedDict) actual, expected, at);
                }
                case "argparse.Namespace" -> compareItems(((Namespace) actual).attributes(), expected, at);
                case "list" -> compareElements((List<?>) actual, expected, at);
                case "tuple" -> compareElements(((Tuple) actual).items(), expected, at);
                case "int" ->
                    assertThat(new BigInteger(actual.toString()))
                            .as(where)
                            .isEqualTo(new BigInteger(expected.get("decimal").getAsString()));
                case "float", "numpy.float64", "numpy.float32", "numpy.float16" ->
                    assertThat((Double) actual).as(where).isEqualTo(number(value));
                case "numpy.int64", "numpy.int32", "numpy.int16", "numpy.int8", "numpy.uint8" ->
                    assertThat(actual).as(where).isEqualTo(value.getAsLong());
                case "str", "dtype", "device" -> assertThat(actual).as(where).isEqualTo(value.getAsString());
                case "bytes" ->
                    assertThat(HexFormat.of().formatHex((byte[]) actual))
                            .as(where)
                            .isEqualTo(expected.get("hex").getAsString());
                case "bool", "numpy.bool" -> assertThat(actual).as(where).isEqualTo(value.getAsBoolean());
                case "NoneType" -> assertThat(actual).as(where).isNull();
                case "torch.Size" ->
                    assertThat(((Tuple) actual).items()).as(where).isEqualTo(boxed(value.getAsJsonArray()));
                case "complex" ->
                    assertThat(actual)
                            .as(where)
                            .isEqualTo(new Complex(
                                    value.getAsJsonArray().get(0).getAsDouble(),
                                    value.getAsJsonArray().get(1).getAsDouble()));
                case "set" ->
                    assertThat(actual).as(where).isEqualTo(Set.copyOf(boxed(expected.getAsJsonArray("values"))));
                case "numpy.ndarray" -> compareArray((NumpyArray) actual, expected, where);
                case "tensor", "parameter" -> {
                    if (actual instanceof TensorInfo info) {
                        compareInfo(info, expected, where);
                    } else {
                        compareTensor((Tensor) actual, expected, where);
                    }
                }
                default -> throw new AssertionError(where + " has the type " + type + ", unknown to this test");
            }
        }

        private void compareItems(Map<?, ?> actual, JsonObject expected, String at) {
            List<String> keys = new ArrayList<>();
            List<JsonObject> values = new ArrayList<>();
            for (JsonElement item : expected.getAsJsonArray("items")) {
                JsonElement key = item.getAsJsonArray().get(0);
                String text =
                        key.isJsonObject() ? key.getAsJsonObject().get("key").getAsString() : key.getAsString();
                if (!at.equals("root") || !left.contains(text)) {
                    keys.add(text);
                    values.add(item.getAsJsonArray().get(1).getAsJsonObject());
                }
            }
            assertThat(actual.keySet().stream().map(Comparison::python).toList())
                    .as(file + " " + at)
                    .isEqualTo(keys);
            int i = 0;
            for (Object value : actual.values()) {
                compare(value, values.get(i), at + "." + keys.get(i));
                i++;
            }
        }

        /** A key as Python prints it. */
        private static String python(Object key) {
            return key == null
                    ? "None"
                    : key instanceof Tuple tuple
                            ? tuple.items().toString().replace('[', '(').replace(']', ')')
                            : key.toString();
        }

        private void compareElements(List<?> actual, JsonObject expected, String at) {
            JsonArray items = expected.getAsJsonArray("items");
            assertThat(actual).as(at).hasSize(items.size());
            for (int i = 0; i < items.size(); i++) {
                compare(actual.get(i), items.get(i).getAsJsonObject(), at + "[" + i + "]");
            }
        }

        private static List<Object> boxed(JsonArray longs) {
            return new ArrayList<>(Arrays.stream(Goldens.longs(longs)).boxed().toList());
        }

        private static void compareArray(NumpyArray actual, JsonObject expected, String at) {
            assertThat("f4=float32 f8=float64 i8=int64 u1=uint8 b1=bool")
                    .as(at)
                    .contains(actual.type() + "=" + expected.get("dtype").getAsString());
            assertThat(actual.shape()).as(at).isEqualTo(boxed(expected.getAsJsonArray("shape")));
            ByteBuffer bytes = actual.bytes();
            for (JsonElement value : expected.getAsJsonArray("values")) {
                double element = switch (actual.type()) {
                    case "f4" -> bytes.getFloat();
                    case "f8" -> bytes.getDouble();
                    case "i8" -> bytes.getLong();
                    default -> bytes.get() & 0xFF;
                };
                assertThat((Double) element).as(at).isEqualTo(number(value));
            }
        }

        private void compareInfo(TensorInfo actual, JsonObject expected, String at) {
            assertThat(actual.type().toString())
                    .as(at)
                    .isEqualTo(expected.get("dtype").getAsString());
            assertThat(actual.shape()).as(at).isEqualTo(Goldens.longs(expected.getAsJsonArray("shape")));
            if (expected.has("stride")) {
                assertThat(actual.stride()).as(at).isEqualTo(Goldens.longs(expected.getAsJsonArray("stride")));
                assertThat(actual.offset())
                        .as(at)
                        .isEqualTo(expected.get("offset").getAsLong());
                assertThat(actual.storage().count())
                        .as(at)
                        .isEqualTo(expected.get("storage_elements").getAsLong());
            }
            shares(expected, actual.storage(), at);
        }

        private void compareTensor(Tensor actual, JsonObject expected, String at) {
            assertThat(ElementType.of(actual).torchName)
                    .as(at)
                    .isEqualTo(expected.get("dtype").getAsString());
            assertThat(Tensors.shape(actual)).as(at).isEqualTo(Goldens.longs(expected.getAsJsonArray("shape")));
            assertThat(sha(actual)).as(at).startsWith(expected.get("sha").getAsString());
            if (!copied && expected.has("storage")) {
                shares(expected, actual.storage().data().address(), at);
            }
            if (Set.of("float32", "float64", "int64")
                    .contains(expected.get("dtype").getAsString())) {
                double[] values = Tensors.doubles(actual);
                if (!expected.get("sum").isJsonNull()) {
                    double size = Arrays.stream(values).map(Math::abs).sum();
                    assertThat(Arrays.stream(values).sum())
                            .as(at)
                            .isCloseTo(expected.get("sum").getAsDouble(), within(1e-12 * size));
                }
                JsonArray first = expected.getAsJsonArray("first4");
                for (int i = 0; i < first.size(); i++) {
                    assertThat((Double) values[i]).as(at).isEqualTo(number(first.get(i)));
                }
            }
        }

        private void shares(JsonObject expected, Object memory, String at) {
            if (expected.has("storage")) {
                Object first = storages.putIfAbsent(expected.get("storage").getAsInt(), memory);
                assertThat(memory).as(at).isEqualTo(first == null ? memory : first);
            }
        }

        private static Double number(JsonElement value) {
            return switch (value.getAsString()) {
                case "nan" -> Double.NaN;
                case "inf" -> Double.POSITIVE_INFINITY;
                case "-inf" -> Double.NEGATIVE_INFINITY;
                case "true" -> 1.0;
                case "false" -> 0.0;
                default -> value.getAsDouble();
            };
        }
    }

    private static String sha(Tensor tensor) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            TensorBytes.forEachPiece(tensor, sha::update);
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
