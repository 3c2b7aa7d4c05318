package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.checkpoint.SafeTensors;
import io.contrast4j.golden.Goldens;
import io.contrast4j.image.Mats;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Small trees of Tiny ImageNet and of a subset of ImageNet, against what the published code lists and decodes. */
@Tag("golden")
class DataFolderGoldenTest {
    private static final Pattern LISTING = Pattern.compile("(tiny|subset)_(train|val)");
    private static final Pattern PIXELS =
            Pattern.compile("((?:tiny|subset)_(?:train|val))\\.(\\d+)(?:\\.(decoded|resize(\\d+)))?");

    /** Levels of 255 by which JPEG decoders differ. */
    private static final int DECODED = 3;

    private static final double DECODED_MEAN = 0.7;
    private static final int RESIZED = 4;

    private static final int LOAD_SIDE = 256;

    /** One golden file and the trees beside it. */
    private record Case(Path file, JsonObject json) {
        Dataset open(String part, Optional<Integer> loadSide) {
            boolean train = part.endsWith("train");
            String first = json.getAsJsonArray(part)
                    .get(0)
                    .getAsJsonObject()
                    .get("path")
                    .getAsString();
            Path root = file.resolveSibling(first.substring(0, first.indexOf('/')));
            Dataset.Config config = part.startsWith("tiny")
                    ? new TinyImageNet.Config(root)
                    : new ImageFolder.Config(
                            root,
                            "train",
                            "val",
                            Optional.of(root.resolve("classes.txt").toString()),
                            Optional.empty(),
                            loadSide);
            return train ? config.openTrain() : config.openTest();
        }
    }

    @TestFactory
    Stream<DynamicTest> listings() {
        List<DynamicTest> tests = new ArrayList<>();
        Goldens.find("selfcon", "datasets/listing*.json").forEach(file -> {
            Case golden = new Case(file, Goldens.json(file));
            for (String key : golden.json.keySet()) {
                if (LISTING.matcher(key).matches()) {
                    tests.add(dynamicTest(file.getFileName() + " " + key, () -> checkListing(golden, key)));
                }
            }
            tests.add(dynamicTest(file.getFileName() + " rest", () -> checkRest(golden)));
        });
        return tests.stream();
    }

    private static void checkListing(Case golden, String part) throws IOException {
        Dataset data = golden.open(part, Optional.of(LOAD_SIDE));
        List<String> expected = new ArrayList<>();
        for (JsonElement each : golden.json.getAsJsonArray(part)) {
            JsonObject sample = each.getAsJsonObject();
            expected.add(sample.get("path").getAsString() + " " + sample.get("label"));
        }
        Path base = golden.file.toAbsolutePath().getParent();
        assertThat(IntStream.range(0, data.size())
                        .mapToObj(i -> base.relativize(Path.of(data.describe(i)).toAbsolutePath())
                                        .toString()
                                        .replace('\\', '/')
                                + " " + data.label(i)))
                .isEqualTo(expected);
        if (golden.json.has(part + "_length")) {
            assertThat(data.size()).isEqualTo(golden.json.get(part + "_length").getAsInt());
        }
        JsonElement sizes = golden.json.get(part + "_sizes_hw_after_resize");
        if (sizes instanceof JsonArray all) {
            for (int i = 0; i < data.size(); i++) {
                try (Scope scope = Scope.open()) {
                    Mat rgb = data.read(i).rgb();
                    assertThat(new double[] {rgb.rows(), rgb.cols()})
                            .isEqualTo(Goldens.doubles(all.get(i).getAsJsonArray()));
                }
            }
        }
    }

    private static void checkRest(Case golden) {
        if (golden.json.get("tiny_class_index") instanceof JsonObject index) {
            List<String> classes = golden.open("tiny_train", Optional.empty()).classes();
            assertThat(classes).hasSize(index.size());
            index.entrySet()
                    .forEach(each -> assertThat(classes.indexOf(each.getKey()))
                            .isEqualTo(each.getValue().getAsInt()));
        }
        if (golden.json.get("note_files_ignored_in_subset_train") instanceof JsonArray ignored) {
            // That the listing does not have them is checked there; here, that it could.
            Goldens.stream(ignored)
                    .map(each -> each.getAsString().replaceAll(" \\(.*", ""))
                    .forEach(
                            path -> assertThat(golden.file.resolveSibling(path)).exists());
        }
        if (golden.json.get("imagenet100") instanceof JsonObject expected) {
            Path list = golden.file.resolveSibling("imagenet100_classes.txt");
            for (String name : List.of(ClassNames.IMAGENET_100, list.toString())) {
                List<String> classes = ClassNames.read(name).names();
                assertThat(classes).hasSize(expected.get("count").getAsInt());
                expected.getAsJsonObject("class_index")
                        .entrySet()
                        .forEach(each -> assertThat(classes.indexOf(each.getKey()))
                                .isEqualTo(each.getValue().getAsInt()));
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> pixels() {
        List<DynamicTest> tests = new ArrayList<>();
        Goldens.find("selfcon", "datasets/decoded*.safetensors").forEach(file -> {
            Path listing = file.resolveSibling(
                    file.getFileName().toString().replace("decoded", "listing").replace(".safetensors", ".json"));
            Case golden = new Case(listing, Goldens.json(listing));
            try (Scope scope = Scope.open()) {
                for (String key : SafeTensors.read(file).keySet()) {
                    tests.add(dynamicTest(key, () -> checkPixels(golden, file, key)));
                }
            }
        });
        return tests.stream();
    }

    private static void checkPixels(Case golden, Path file, String key) throws IOException {
        Matcher name = PIXELS.matcher(key);
        assertThat(name.matches()).as(key).isTrue();
        Optional<Integer> side = Optional.ofNullable(name.group(4)).map(Integer::valueOf);
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = SafeTensors.read(file);
            Tensor expected = tensors.get(key);
            Mat actual = golden.open(name.group(1), side)
                    .read(Integer.parseInt(name.group(2)))
                    .rgb();
            assertThat(new long[] {actual.rows(), actual.cols(), actual.channels()})
                    .isEqualTo(Tensors.shape(expected));
            ByteBuffer bytes = Tensors.bytes(expected.contiguous());
            byte[] pixels = Mats.bytes(actual);
            long sum = 0;
            int largest = 0;
            for (int i = 0; i < pixels.length; i++) {
                int difference = Math.abs((pixels[i] & 0xFF) - (bytes.get(i) & 0xFF));
                sum += difference;
                largest = Math.max(largest, difference);
            }
            assertThat(largest).isLessThanOrEqualTo(side.isPresent() ? RESIZED : DECODED);
            assertThat((double) sum / pixels.length).isLessThanOrEqualTo(DECODED_MEAN);
        }
    }

    /** So that a directory of other goldens is seen to be read: the class list is that of the tree. */
    @TestFactory
    Stream<DynamicTest> classLists() {
        return Goldens.find("selfcon", "datasets/*/classes.txt")
                .map(file -> dynamicTest(
                        file.getParent().getFileName().toString(),
                        () -> assertThat(ClassNames.read(file.toString()).names())
                                .isEqualTo(Files.readAllLines(file).stream()
                                        .filter(line -> !line.isBlank())
                                        .toList())));
    }
}
