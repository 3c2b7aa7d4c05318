package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonObject;
import io.contrast4j.checkpoint.SafeTensors;
import io.contrast4j.golden.Goldens;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Eleven colour spaces against scikit-image. */
@Tag("golden")
class ColorSpaceGoldenTest {
    @TestFactory
    Stream<DynamicTest> everyPalette() {
        List<DynamicTest> tests = new ArrayList<>();
        Goldens.find("cmc", "colour/*.safetensors").forEach(file -> addTests(file, tests));
        return tests.stream();
    }

    private static void addTests(Path file, List<DynamicTest> tests) {
        Palette palette = Palette.read(file);
        JsonObject json = Goldens.json(Goldens.sibling(file, ".json"));
        for (ColorSpace space : ColorSpace.values()) {
            String name = space.name().toLowerCase(Locale.ROOT);
            double[] expected = palette.expected().get(name);
            if (expected != null) {
                tests.add(dynamicTest(name + " in float64", () -> check(palette, space::doubles, expected, 1e-10)));
                tests.add(dynamicTest(
                        name + " in float32", () -> check(palette, space::floats, expected, floatTolerance(space))));
            }
            double[] normalised = palette.expected().get(name + "_normalised_chw_f32");
            if (normalised != null) {
                tests.add(dynamicTest(name + " normalised", () -> {
                    Normalization ours = space.normalization();
                    assertClose(ours.mean(), doubles(json, name + "_mean"));
                    assertClose(ours.deviation(), doubles(json, name + "_std"));
                    double tolerance = space == ColorSpace.LAB ? 1e-5 : 2e-6;
                    check(palette, rgb -> space.normalized(rgb, ours), interleaved(normalised), tolerance);
                    check(palette, rgb -> space.planes(rgb, ours), normalised, tolerance);
                }));
            }
        }
    }

    /**
     * Colours and what they become.
     *
     * @param rgb H×W×3 bytes, row-major
     * @param expected row-major values of each conversion
     */
    private record Palette(int height, int width, byte[] rgb, Map<String, double[]> expected) {
        static Palette read(Path file) {
            try (Scope scope = Scope.open()) {
                Map<String, Tensor> tensors = SafeTensors.read(file);
                Tensor colours = tensors.get("rgb_uint8");
                byte[] rgb = new byte[(int) colours.numel()];
                Tensors.bytes(colours).get(rgb);
                Map<String, double[]> expected = new HashMap<>();
                tensors.forEach((name, tensor) -> expected.put(name, Tensors.doubles(tensor)));
                return new Palette((int) colours.size(0), (int) colours.size(1), rgb, expected);
            }
        }
    }

    private static double floatTolerance(ColorSpace space) {
        return switch (space) {
            case LAB, LUV -> 5e-4;
            case YCBCR -> 1e-4;
            case HSV -> 6e-6;
            default -> 2e-6;
        };
    }

    private static void check(Palette palette, Function<Mat, Mat> conversion, double[] expected, double tolerance) {
        try (Scope scope = Scope.open()) {
            Mat rgb = Mats.rgb(palette.height(), palette.width(), palette.rgb());
            assertThat(largestDifference(Mats.doubles(conversion.apply(rgb)), expected))
                    .isLessThanOrEqualTo(tolerance);
            assertThat(Mats.bytes(rgb)).as("the input is left alone").isEqualTo(palette.rgb());
        }
    }

    /** NaN if any difference is. */
    private static double largestDifference(double[] actual, double[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        double largest = 0;
        for (int i = 0; i < actual.length; i++) {
            largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
        }
        return largest;
    }

    private static double[] interleaved(double[] planes) {
        int plane = planes.length / 3;
        double[] pixels = new double[planes.length];
        for (int i = 0; i < plane; i++) {
            for (int channel = 0; channel < 3; channel++) {
                pixels[i * 3 + channel] = planes[channel * plane + i];
            }
        }
        return pixels;
    }

    private static double[] doubles(JsonObject json, String key) {
        return json.getAsJsonArray(key).asList().stream()
                .mapToDouble(value -> value.getAsDouble())
                .toArray();
    }

    private static void assertClose(List<Double> ours, double[] theirs) {
        double[] values = ours.stream().mapToDouble(Double::doubleValue).toArray();
        assertThat(largestDifference(values, theirs)).isLessThan(1e-12);
    }
}
