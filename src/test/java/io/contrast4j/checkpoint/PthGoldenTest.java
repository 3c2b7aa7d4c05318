package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.golden.Goldens;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that PyTorch wrote, against the description of their content beside them. */
@Tag("golden")
class PthGoldenTest {
    private static final String ENDING = ".zip.pth";
    private static final Set<String> CMC_LAYOUT = Set.of("opt", "model", "contrast", "optimizer", "epoch");

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> isReadAsItWasSaved() {
        return Goldens.find("cmc", "pth/*" + ENDING)
                .map(file -> DynamicTest.dynamicTest(name(file), () -> {
                    JsonObject content = content(file);
                    try (Scope scope = Scope.open()) {
                        compare(PthFile.read(file), content, "root");
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> survivesBeingWrittenAgain() {
        return Goldens.find("cmc", "pth/*" + ENDING)
                .map(file -> DynamicTest.dynamicTest(name(file), () -> {
                    JsonObject content = content(file);
                    try (Scope scope = Scope.open()) {
                        Map<Object, Object> tree = new java.util.LinkedHashMap<>(PthFile.readMap(file));
                        // A namespace is read, but not written: Python's restricted loader would refuse it.
                        tree.put("opt", new OrderedDict(((Namespace) tree.get("opt")).attributes()));
                        Path copy = folder.resolve(name(file));
                        PthFile.write(copy, tree);

                        Map<?, ?> again = PthFile.readMap(copy);

                        for (JsonElement item : content.getAsJsonArray("items")) {
                            String key = item.getAsJsonArray().get(0).getAsString();
                            if (!key.equals("opt")) {
                                compare(
                                        again.get(key),
                                        item.getAsJsonArray().get(1).getAsJsonObject(),
                                        key);
                            }
                        }
                    }
                }));
    }

    private static String name(Path file) {
        return file.getFileName().toString().replace(ENDING, "");
    }

    private static JsonObject content(Path file) {
        Path description = file.resolveSibling(name(file) + ".json");
        assumeTrue(Files.exists(description), "no description of " + file);
        JsonObject content = Goldens.json(description).getAsJsonObject("content");
        List<String> keys = new ArrayList<>();
        content.getAsJsonArray("items")
                .forEach(
                        item -> keys.add(item.getAsJsonArray().get(0).toString().replace("\"", "")));
        assumeTrue(keys.containsAll(CMC_LAYOUT), "not a checkpoint of the CMC layout: " + keys);
        return content;
    }

    private static void compare(Object actual, JsonObject expected, String at) {
        String type = expected.get("type").getAsString();
        switch (type) {
            case "dict" -> {
                assertThat(actual).as(at).isInstanceOf(Map.class).isNotInstanceOf(OrderedDict.class);
                compareItems((Map<?, ?>) actual, expected, at);
            }
            case "OrderedDict" -> {
                assertThat(actual).as(at).isInstanceOf(OrderedDict.class);
                compareItems((OrderedDict) actual, expected, at);
            }
            case "argparse.Namespace" -> compareItems(((Namespace) actual).attributes(), expected, at);
            case "list" -> compareElements((List<?>) actual, expected, at);
            case "tuple" -> compareElements(((Tuple) actual).items(), expected, at);
            case "int" ->
                assertThat(new BigInteger(actual.toString()))
                        .as(at)
                        .isEqualTo(new BigInteger(expected.get("decimal").getAsString()));
            case "float", "numpy.float64" ->
                assertThat((Double) actual).as(at).isEqualTo(number(expected.get("value")));
            case "str" ->
                assertThat(actual).as(at).isEqualTo(expected.get("value").getAsString());
            case "bool" ->
                assertThat(actual).as(at).isEqualTo(expected.get("value").getAsBoolean());
            case "NoneType" -> assertThat(actual).as(at).isNull();
            case "tensor", "parameter" -> compareTensor((Tensor) actual, expected, at);
            default -> throw new AssertionError(at + " has the type " + type + ", which this test does not know");
        }
    }

    private static void compareItems(Map<?, ?> actual, JsonObject expected, String at) {
        List<Object> keys = new ArrayList<>();
        for (JsonElement item : expected.getAsJsonArray("items")) {
            JsonElement key = item.getAsJsonArray().get(0);
            keys.add(
                    key.isJsonObject()
                            ? (Object) key.getAsJsonObject().get("key").getAsLong()
                            : key.getAsString());
        }
        assertThat(new ArrayList<Object>(actual.keySet())).as(at).isEqualTo(keys);
        for (int i = 0; i < keys.size(); i++) {
            JsonArray item = expected.getAsJsonArray("items").get(i).getAsJsonArray();
            compare(actual.get(keys.get(i)), item.get(1).getAsJsonObject(), at + "." + keys.get(i));
        }
    }

    private static void compareElements(List<?> actual, JsonObject expected, String at) {
        JsonArray items = expected.getAsJsonArray("items");
        assertThat(actual).as(at).hasSize(items.size());
        for (int i = 0; i < items.size(); i++) {
            compare(actual.get(i), items.get(i).getAsJsonObject(), at + "[" + i + "]");
        }
    }

    private static void compareTensor(Tensor actual, JsonObject expected, String at) {
        assertThat(ElementType.of(actual).torchName)
                .as(at)
                .isEqualTo(expected.get("dtype").getAsString());
        assertThat(Tensors.shape(actual)).as(at).isEqualTo(Goldens.longs(expected.getAsJsonArray("shape")));
        double[] values = Tensors.doubles(actual);
        if (expected.has("sum") && !expected.get("sum").isJsonNull()) {
            double sum = expected.get("sum").getAsDouble();
            double size = java.util.Arrays.stream(values).map(Math::abs).sum();
            assertThat(java.util.Arrays.stream(values).sum()).as(at).isCloseTo(sum, within(1e-12 * size));
        }
        JsonArray first = expected.getAsJsonArray("first4");
        for (int i = 0; i < first.size(); i++) {
            assertThat(values[i]).as(at).isEqualTo(number(first.get(i)));
        }
        assertThat(sha(actual)).as(at).isEqualTo(expected.get("sha").getAsString());
    }

    private static double number(JsonElement value) {
        return switch (value.getAsString()) {
            case "nan" -> Double.NaN;
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "true" -> 1;
            case "false" -> 0;
            default -> value.getAsDouble();
        };
    }

    private static String sha(Tensor tensor) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            TensorBytes.forEachPiece(tensor, sha::update);
            return HexFormat.of().formatHex(sha.digest()).substring(0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
