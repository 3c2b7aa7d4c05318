package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.contrast4j.checkpoint.SafeTensors;
import io.contrast4j.golden.Goldens;
import io.contrast4j.image.ColorJitter.Adjustment;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** RandAugment, colour, geometry and whole pipelines against Pillow and torchvision: the same bytes. */
@Tag("golden")
class SelfConAugmentationGoldenTest {
    private static final Pattern RESIZE_AND_CROP =
            Pattern.compile("resize shorter side (\\d+) then centre crop (\\d+)");

    /** The magnitude of the cases that name none. */
    private static final double USUAL_MAGNITUDE = 9;

    private static final CounterRandom NOTHING_RANDOM = CounterRandom.of(0);

    @TestFactory
    Stream<DynamicTest> everyFile() {
        List<DynamicTest> tests = new ArrayList<>();
        Goldens.find("selfcon", "augment/*.json").forEach(file -> {
            JsonObject json = Goldens.json(file);
            Cases cases = new Cases(Goldens.sibling(file, ".safetensors"), json, tests);
            if (json.has("randaugment")) {
                JsonObject randAugment = json.getAsJsonObject("randaugment");
                each(randAugment, "ops_in_order", op -> tests.add(magnitude(op)));
                cases.pictures(
                        randAugment, "cases", op -> operation(op, op.get("M").getAsDouble()));
                cases.pictures(randAugment, "chains", chain -> new Compose(operations(chain, "ops", chain.get("M"))));
            }
            cases.pictures(json, "colour", SelfConAugmentationGoldenTest::colour);
            cases.pictures(json, "geometry", SelfConAugmentationGoldenTest::geometry);
            each(json, "resize_sizes", size -> tests.add(resized(size)));
            cases.datasets();
            cases.normalised();
            cases.pipelines();
            if (json.has("random_resized_crop")) {
                JsonObject crop = json.getAsJsonObject("random_resized_crop");
                each(crop, "distribution", expected -> tests.add(distribution(crop, expected)));
            }
        });
        return tests.stream();
    }

    private static void each(JsonObject json, String key, Consumer<JsonObject> action) {
        if (json.has(key)) {
            json.getAsJsonArray(key).forEach(element -> action.accept(element.getAsJsonObject()));
        }
    }

    private static RandAugment.Operation named(JsonObject op) {
        String name = op.get("op").getAsString().replaceFirst("abs$|Abs$", "");
        return RandAugment.Operation.valueOf(
                name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT));
    }

    private static DynamicTest magnitude(JsonObject op) {
        return dynamicTest("magnitude of " + op.get("op").getAsString(), () -> {
            RandAugment.Operation operation = named(op);
            assertThat(operation.value(0)).isEqualTo(op.get("min").getAsDouble());
            assertThat(operation.value(30)).isEqualTo(op.get("max").getAsDouble());
            assertThat(operation.value(9)).isCloseTo(op.get("value_at_M9").getAsDouble(), within(1e-12));
            assertThat(operation.eitherDirection())
                    .isEqualTo(op.get("random_sign").getAsBoolean());
        });
    }

    private static Transform operation(JsonObject op, double magnitude) {
        RandAugment.Operation operation = named(op);
        boolean negative = present(op, "sign") && op.get("sign").getAsInt() < 0;
        double value = negative ? -operation.value(magnitude) : operation.value(magnitude);
        if (present(op, "value")) {
            assertThat(Math.abs(value)).isCloseTo(op.get("value").getAsDouble(), within(1e-12));
        }
        if (present(op, "cutout_centre")) {
            double[] centre = Goldens.doubles(op.getAsJsonArray("cutout_centre"));
            return (rgb, rng) -> Cutout.absolute(rgb, value, centre[0], centre[1]);
        }
        return (rgb, rng) -> operation.apply(rgb, value, rng);
    }

    private static boolean present(JsonObject json, String key) {
        return json.has(key) && !json.get(key).isJsonNull();
    }

    private static List<Transform> operations(JsonObject json, String key, JsonElement magnitude) {
        List<Transform> steps = new ArrayList<>();
        double strength = magnitude == null ? USUAL_MAGNITUDE : magnitude.getAsDouble();
        each(json, key, op -> steps.add(operation(op, strength)));
        return steps;
    }

    private static Transform colour(JsonObject json) {
        return json.get("op").getAsString().startsWith("grayscale")
                ? (rgb, rng) -> Grayscale.gray(rgb)
                : (rgb, rng) -> ColorJitter.adjust(rgb, List.of(adjustment(json)));
    }

    private static Adjustment adjustment(JsonObject json) {
        return new Adjustment(
                ColorJitter.Operation.valueOf(json.get("op").getAsString().toUpperCase(Locale.ROOT)),
                json.get("factor").getAsDouble());
    }

    private static Transform geometry(JsonObject json) {
        String name = json.get("op").getAsString();
        Matcher resizeAndCrop = RESIZE_AND_CROP.matcher(name);
        if (resizeAndCrop.matches()) {
            return new Compose(
                    new Resize(Integer.parseInt(resizeAndCrop.group(1))),
                    new CenterCrop(Integer.parseInt(resizeAndCrop.group(2))));
        }
        return switch (name) {
            case "horizontal flip" -> new HorizontalFlip.Config(1).create(1);
            case "resize shorter side" -> new Resize(json.get("size").getAsInt());
            case "crop then resize" -> cropped(json, json.get("size").getAsInt());
            default -> fail("a geometry that no transform is for: " + name);
        };
    }

    private static Transform cropped(JsonObject json, int size) {
        Box box = new Box(
                json.get("top").getAsInt(),
                json.get("left").getAsInt(),
                json.get("height").getAsInt(),
                json.get("width").getAsInt());
        return (rgb, rng) -> Resampling.resize(rgb, box, size, size);
    }

    private static DynamicTest resized(JsonObject size) {
        int height = size.get("h").getAsInt();
        int width = size.get("w").getAsInt();
        int shorter = size.get("shorter").getAsInt();
        return dynamicTest("shorter side of " + height + "×" + width + " to " + shorter, () -> {
            try (Scope scope = Scope.open()) {
                Mat scaled = new Resize(shorter)
                        .apply(Mats.rgb(height, width, new byte[height * width * 3]), NOTHING_RANDOM);
                assertThat(scaled.rows()).isEqualTo(size.get("result_h").getAsInt());
                assertThat(scaled.cols()).isEqualTo(size.get("result_w").getAsInt());
            }
        });
    }

    /** That of the data set's recipe, or of all RGB. */
    private static Normalization normalization(String dataset) {
        String recipe =
                "recipes.selfcon-" + dataset.replaceFirst("(?=\\d)", "-").replace("tiny", "tiny-");
        Config recipes = ConfigFactory.parseResources("reference.conf").resolve();
        return recipes.hasPath(recipe + ".normalization")
                ? new Normalization(
                        recipes.getDoubleList(recipe + ".normalization.mean"),
                        recipes.getDoubleList(recipe + ".normalization.deviation"))
                : Normalization.IMAGENET_RGB;
    }

    private static DynamicTest distribution(JsonObject crop, JsonObject expected) {
        long[] size = Goldens.longs(expected.getAsJsonArray("image_wh"));
        return dynamicTest("crops of " + size[1] + "×" + size[0], () -> {
            double[] scale = Goldens.doubles(crop.getAsJsonArray("scale"));
            double[] ratio = Goldens.doubles(crop.getAsJsonArray("ratio"));
            RandomResizedCrop drawn =
                    new RandomResizedCrop(new RandomResizedCrop.Config(scale[0], scale[1], ratio[0], ratio[1]), 1);
            CounterRandom rng = CounterRandom.of(5, size[0]);
            int width = (int) size[0];
            int height = (int) size[1];
            List<Box> boxes = Stream.generate(() -> drawn.box(height, width, rng))
                    .limit(expected.get("draws").getAsInt())
                    .toList();
            JsonObject area = expected.getAsJsonObject("area_fraction");
            double[] areas = boxes.stream()
                    .mapToDouble(box -> (double) box.height() * box.width() / height / width)
                    .sorted()
                    .toArray();
            double mean = area.get("mean").getAsDouble();
            assertThat(Arrays.stream(areas).average().orElseThrow()).isCloseTo(mean, within(0.01 * mean));
            JsonObject quantiles = area.getAsJsonObject("quantiles");
            for (String quantile : quantiles.keySet()) {
                assertThat(areas[(int) (Double.parseDouble(quantile) * (areas.length - 1))])
                        .as("quantile %s of the area", quantile)
                        .isCloseTo(quantiles.get(quantile).getAsDouble(), within(0.01));
            }
            JsonObject aspect = expected.getAsJsonObject("log_aspect");
            checkMean(boxes, box -> Math.log((double) box.width() / box.height()), aspect.get("mean"));
            checkMean(boxes, box -> (double) box.top(), expected.get("top_mean"));
            checkMean(boxes, box -> (double) box.left(), expected.get("left_mean"));
            checkMean(
                    boxes,
                    box -> box.equals(new Box(0, 0, height, width)) ? 1.0 : 0.0,
                    expected.get("full_image_fraction"));
        });
    }

    /** Both means come from as many draws: their difference is within six of its standard deviations. */
    private static void checkMean(List<Box> boxes, Function<Box, Double> quantity, JsonElement expected) {
        double[] values = boxes.stream().mapToDouble(quantity::apply).toArray();
        double mean = Arrays.stream(values).average().orElseThrow();
        double variance = Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .average()
                .orElseThrow();
        double error = Math.sqrt(2 * variance / values.length);
        assertThat(mean).isCloseTo(expected.getAsDouble(), within(6 * error + 1e-4));
    }

    /** The cases of one file, whose pictures are in another. */
    private record Cases(Path tensors, JsonObject json, List<DynamicTest> tests) {
        /** Every case of a kind turns the picture {@code image} into the picture {@code out}. */
        void pictures(JsonObject parent, String key, Function<JsonObject, Transform> transform) {
            each(
                    parent,
                    key,
                    expected -> tests.add(dynamicTest(
                            expected.get("out").getAsString() + " " + key,
                            () -> inScope(stored -> {
                                Mat input = picture(
                                        stored, "image." + expected.get("image").getAsString());
                                byte[] before = Mats.bytes(input);
                                Mat actual = transform.apply(expected).apply(input, NOTHING_RANDOM);
                                assertSame(
                                        actual, stored.get(expected.get("out").getAsString()));
                                assertThat(Mats.bytes(input))
                                        .as("the input is left alone")
                                        .isEqualTo(before);
                            }))));
        }

        void datasets() {
            if (json.has("datasets")) {
                JsonObject datasets = json.getAsJsonObject("datasets");
                for (String name : datasets.keySet()) {
                    JsonObject expected = datasets.getAsJsonObject(name);
                    tests.add(dynamicTest("normalisation of " + name, () -> {
                        Normalization ours = normalization(name);
                        assertThat(numbers(ours.mean()))
                                .containsExactly(Goldens.doubles(expected.getAsJsonArray("mean")));
                        assertThat(numbers(ours.deviation()))
                                .containsExactly(Goldens.doubles(expected.getAsJsonArray("std")));
                    }));
                }
            }
        }

        private static double[] numbers(List<Double> values) {
            return values.stream().mapToDouble(Double::doubleValue).toArray();
        }

        void normalised() {
            each(
                    json,
                    "normalise",
                    expected -> tests.add(dynamicTest(
                            expected.get("out").getAsString(),
                            () -> inScope(stored -> assertNormalised(
                                    picture(
                                            stored,
                                            "image." + expected.get("image").getAsString()),
                                    expected.get("dataset").getAsString(),
                                    stored.get(expected.get("out").getAsString()))))));
        }

        void pipelines() {
            each(
                    json,
                    "pipelines_fixed",
                    expected -> tests.add(dynamicTest(
                            expected.get("out").getAsString(),
                            () -> inScope(stored -> {
                                Mat input = picture(
                                        stored, "image." + expected.get("image").getAsString());
                                Mat actual = pipeline(expected).apply(input, NOTHING_RANDOM);
                                assertSame(
                                        actual,
                                        stored.get(expected.get("out_uint8").getAsString()));
                                assertNormalised(
                                        actual,
                                        expected.get("dataset").getAsString(),
                                        stored.get(expected.get("out").getAsString()));
                            }))));
        }

        private static Transform pipeline(JsonObject json) {
            List<Transform> steps = new ArrayList<>();
            if (present(json, "randaugment")) {
                steps.addAll(operations(json, "randaugment", json.get("M")));
            }
            steps.add(cropped(json.getAsJsonObject("crop"), json.get("size").getAsInt()));
            steps.add(new HorizontalFlip.Config(json.get("flip").getAsBoolean() ? 1 : 0).create(1));
            if (present(json, "jitter")) {
                List<Adjustment> adjustments = new ArrayList<>();
                each(json, "jitter", step -> adjustments.add(adjustment(step)));
                steps.add((rgb, rng) -> ColorJitter.adjust(rgb, adjustments));
            }
            if (json.get("grayscale").getAsBoolean()) {
                steps.add((rgb, rng) -> Grayscale.gray(rgb));
            }
            return new Compose(steps);
        }

        private void inScope(Consumer<Map<String, Tensor>> check) {
            Assumptions.assumeTrue(tensors.toFile().isFile(), "no pictures beside the cases");
            try (Scope scope = Scope.open()) {
                check.accept(SafeTensors.read(tensors));
            }
        }

        private static byte[] content(Tensor tensor) {
            ByteBuffer buffer = Tensors.bytes(tensor);
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            return bytes;
        }

        private static Mat picture(Map<String, Tensor> stored, String name) {
            Tensor tensor = stored.get(name);
            return Mats.rgb((int) tensor.size(0), (int) tensor.size(1), content(tensor));
        }

        private static void assertSame(Mat actual, Tensor expected) {
            assertThat(new long[] {actual.rows(), actual.cols(), actual.channels()})
                    .isEqualTo(Tensors.shape(expected));
            assertThat(Mats.bytes(actual)).isEqualTo(content(expected));
        }

        private static void assertNormalised(Mat rgb, String dataset, Tensor expected) {
            Mat values = new Mat();
            rgb.convertTo(values, opencv_core.CV_32F);
            double[] actual = Mats.doubles(Affine.IDENTITY
                    .ofScaled(1 / 255.0)
                    .then(normalization(dataset))
                    .apply(values));
            double[] planes = Tensors.doubles(expected);
            int area = planes.length / 3;
            for (int i = 0; i < planes.length; i++) {
                assertThat(actual[i % area * 3 + i / area]).isCloseTo(planes[i], within(1e-6));
            }
        }
    }
}
