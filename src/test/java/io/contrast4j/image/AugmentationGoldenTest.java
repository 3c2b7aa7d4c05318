package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.golden.Goldens;
import io.contrast4j.image.ColorJitter.Adjustment;
import io.contrast4j.image.ColorJitter.Operation;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Every operation against Pillow and torchvision: the same bytes. */
@Tag("golden")
class AugmentationGoldenTest {
    private static final Pattern RESIZE_AND_CROP = Pattern.compile("resize(\\d+)_centercrop(\\d+)");

    @TestFactory
    Stream<DynamicTest> everyOperation() {
        List<DynamicTest> tests = new ArrayList<>();
        Goldens.find("cmc", "augment/*.json").forEach(file -> {
            JsonObject json = Goldens.json(file);
            if (json.has("ops")) {
                for (JsonElement op : json.getAsJsonArray("ops")) {
                    tests.add(test(file.getParent(), json, op.getAsJsonObject()));
                }
            }
        });
        return tests.isEmpty()
                ? Stream.of(dynamicTest("operations", () -> Assumptions.abort("no operations in " + Goldens.root())))
                : tests.stream();
    }

    private static DynamicTest test(Path folder, JsonObject json, JsonObject op) {
        String name = op.get("op").getAsString();
        String expectedFile = op.get("file").getAsString();
        return dynamicTest(expectedFile, () -> {
            Transform transform = transform(name, op.getAsJsonObject("params"));
            String image = op.get("image").getAsString();
            JsonObject input = json.getAsJsonObject("images").getAsJsonObject(image);
            try (Scope scope = Scope.open()) {
                Mat rgb = read(folder, input);
                byte[] before = Mats.bytes(rgb);
                Mat actual = transform.apply(rgb, CounterRandom.of(0));
                JsonArray shape = op.getAsJsonArray("shape");
                assertThat(actual.rows()).isEqualTo(shape.get(0).getAsInt());
                assertThat(actual.cols()).isEqualTo(shape.get(1).getAsInt());
                assertThat(Mats.bytes(actual)).isEqualTo(Mats.bytes(read(folder, op)));
                if (op.has("tensor_after_totensor_normalise")) {
                    checkTensor(actual, op.getAsJsonObject("tensor_after_totensor_normalise"));
                }
                assertThat(Mats.bytes(rgb)).as("the input is left alone").isEqualTo(before);
            }
        });
    }

    private static Transform transform(String name, JsonObject params) {
        Matcher resizeAndCrop = RESIZE_AND_CROP.matcher(name);
        if (resizeAndCrop.matches()) {
            return new Compose(
                    new Resize(Integer.parseInt(resizeAndCrop.group(1))),
                    new CenterCrop(Integer.parseInt(resizeAndCrop.group(2))));
        }
        return switch (name) {
            case "hflip" -> new HorizontalFlip.Config(1).create(1);
            case "resized_crop" -> {
                Box box = new Box(
                        params.get("top").getAsInt(),
                        params.get("left").getAsInt(),
                        params.get("height").getAsInt(),
                        params.get("width").getAsInt());
                JsonArray out = params.getAsJsonArray("out");
                yield (rgb, rng) -> Resampling.resize(
                        rgb, box, out.get(0).getAsInt(), out.get(1).getAsInt());
            }
            case "grayscale3" -> (rgb, rng) -> Grayscale.gray(rgb);
            case "brightness", "contrast", "saturation", "hue" -> {
                Adjustment adjustment = new Adjustment(
                        Operation.valueOf(name.toUpperCase(Locale.ROOT)),
                        params.get("factor").getAsDouble());
                yield (rgb, rng) -> ColorJitter.adjust(rgb, List.of(adjustment));
            }
            case "gaussian_blur" ->
                (rgb, rng) -> GaussianBlur.blur(rgb, params.get("sigma").getAsDouble());
            case "chain" -> chain(params);
            default -> fail("an operation that no transform is for: " + name);
        };
    }

    private static Transform chain(JsonObject params) {
        List<Transform> steps = new ArrayList<>();
        long[] box = Goldens.longs(params.getAsJsonArray("box"));
        int size = params.get("size").getAsInt();
        steps.add((rgb, rng) ->
                Resampling.resize(rgb, new Box((int) box[0], (int) box[1], (int) box[2], (int) box[3]), size, size));
        for (JsonElement step : params.getAsJsonArray("sequence")) {
            switch (step.getAsString()) {
                case "gray" ->
                    steps.add(new Sometimes(
                            params.get("gray").getAsBoolean() ? 1 : 0, (rgb, rng) -> Grayscale.gray(rgb)));
                case "jitter" -> steps.add((rgb, rng) -> ColorJitter.adjust(rgb, adjustments(params)));
                case "blur" ->
                    steps.add((rgb, rng) ->
                            GaussianBlur.blur(rgb, params.get("sigma").getAsDouble()));
                case "flip" ->
                    steps.add(new HorizontalFlip.Config(params.get("flip").getAsBoolean() ? 1 : 0).create(1));
                default -> fail("a step that no transform is for: " + step);
            }
        }
        return new Compose(steps);
    }

    private static List<Adjustment> adjustments(JsonObject params) {
        double[] factors = Goldens.doubles(params.getAsJsonArray("factors"));
        return Arrays.stream(Goldens.longs(params.getAsJsonArray("order")))
                .mapToObj(k -> new Adjustment(Operation.values()[(int) k], factors[(int) k]))
                .toList();
    }

    /** The tensor at the end of a chain: (value/255 − mean)/deviation, plane by plane. */
    private static void checkTensor(Mat rgb, JsonObject expected) {
        Mat values = new Mat();
        rgb.convertTo(values, opencv_core.CV_32F);
        double[] pixels = Mats.doubles(Affine.IDENTITY
                .ofScaled(1 / 255.0)
                .then(Normalization.IMAGENET_RGB)
                .apply(values));
        double[] means = Goldens.doubles(expected.getAsJsonArray("mean"));
        double[] deviations = Goldens.doubles(expected.getAsJsonArray("std"));
        double[] planes = new double[pixels.length];
        int area = pixels.length / 3;
        for (int channel = 0; channel < 3; channel++) {
            for (int i = 0; i < area; i++) {
                planes[channel * area + i] = pixels[3 * i + channel];
            }
            double[] plane = Arrays.copyOfRange(planes, channel * area, (channel + 1) * area);
            double mean = Arrays.stream(plane).average().orElseThrow();
            double variance = Arrays.stream(plane)
                    .map(value -> (value - mean) * (value - mean))
                    .average()
                    .orElseThrow();
            assertThat(mean).isCloseTo(means[channel], within(1e-5));
            assertThat(Math.sqrt(variance)).isCloseTo(deviations[channel], within(1e-4));
        }
        double[] first = Goldens.doubles(expected.getAsJsonArray("first8"));
        double[] last = Goldens.doubles(expected.getAsJsonArray("last8"));
        assertThat(Arrays.copyOf(planes, first.length)).containsExactly(first, within(1e-6));
        assertThat(Arrays.copyOfRange(planes, planes.length - last.length, planes.length))
                .containsExactly(last, within(1e-6));
    }

    private static Mat read(Path folder, JsonObject picture) throws IOException {
        Mat rgb = Decoder.read(folder.resolve(picture.get("file").getAsString()));
        long sum = 0;
        for (byte value : Mats.bytes(rgb)) {
            sum += value & 0xFF;
        }
        assertThat(sum).isEqualTo(picture.get("sum").getAsLong());
        return rgb;
    }
}
