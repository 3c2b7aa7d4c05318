package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.golden.Goldens;
import io.contrast4j.random.CounterRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** The distribution of random crops against torchvision's. */
@Tag("golden")
class RandomResizedCropGoldenTest {
    /** Below, areas and aspects take few values, and their quantiles jump. */
    private static final int SMALL_IMAGE = 100;

    @TestFactory
    Stream<DynamicTest> everyImageSize() {
        List<DynamicTest> tests = new ArrayList<>();
        Goldens.find("cmc", "augment/*.json").map(Goldens::json).forEach(json -> {
            if (json.has("cases") && json.has("draws")) {
                for (JsonElement element : json.getAsJsonArray("cases")) {
                    JsonObject expected = element.getAsJsonObject();
                    String name =
                            expected.get("height") + "×" + expected.get("width") + ", scale " + expected.get("scale");
                    tests.add(dynamicTest(
                            name, () -> check(expected, json.get("draws").getAsInt())));
                }
            }
        });
        return tests.isEmpty()
                ? Stream.of(dynamicTest("crops", () -> Assumptions.abort("no crop statistics in " + Goldens.root())))
                : tests.stream();
    }

    private static void check(JsonObject expected, int draws) {
        int height = expected.get("height").getAsInt();
        int width = expected.get("width").getAsInt();
        JsonArray scale = expected.getAsJsonArray("scale");
        JsonArray ratio = expected.getAsJsonArray("ratio");
        double minArea = scale.get(0).getAsDouble();
        double maxArea = scale.get(1).getAsDouble();
        RandomResizedCrop crop = new RandomResizedCrop(
                new RandomResizedCrop.Config(
                        minArea,
                        maxArea,
                        ratio.get(0).getAsDouble(),
                        ratio.get(1).getAsDouble()),
                1);
        Box fallback = crop.centralBox(height, width);

        CounterRandom rng = CounterRandom.of(7, height, width);
        double[] areas = new double[draws];
        double[] aspects = new double[draws];
        Averages averages = new Averages();
        for (int i = 0; i < draws; i++) {
            Box box = crop.box(height, width, rng);
            areas[i] = (double) box.height() * box.width() / height / width;
            aspects[i] = (double) box.width() / box.height();
            averages.add(box, height, width);
            averages.logAspect += Math.log(aspects[i]) / draws;
            averages.fallback += box.equals(fallback) ? 1.0 / draws : 0;
        }

        double error = 6 * Math.sqrt(2) * expected.get("area_standard_error").getAsDouble() + 1e-9;
        assertThat(Arrays.stream(areas).average().orElseThrow())
                .isCloseTo(expected.get("area_mean").getAsDouble(), within(error));
        assertThat(averages.logAspect).isCloseTo(expected.get("log_aspect_mean").getAsDouble(), within(0.006));
        double fallbackFraction = expected.get("fallback_fraction").getAsDouble();
        if (fallbackFraction == 1) {
            assertThat(averages.fallback).isEqualTo(1, within(1e-9));
        } else {
            assertThat(averages.top())
                    .isCloseTo(expected.get("mean_top_over_free").getAsDouble(), within(0.01));
            assertThat(averages.left())
                    .isCloseTo(expected.get("mean_left_over_free").getAsDouble(), within(0.01));
        }
        if (Math.min(height, width) >= SMALL_IMAGE) {
            assertThat(averages.fallback).isCloseTo(fallbackFraction, within(0.005));
            assertQuantiles(areas, expected.getAsJsonObject("area_quantiles"), 0.008);
            assertQuantiles(aspects, expected.getAsJsonObject("aspect_quantiles"), 0.012);
            // Half a pixel on both sides of the smallest box, which is no shorter than this.
            double rounding =
                    1 / Math.sqrt(minArea * height * width / ratio.get(1).getAsDouble());
            if (fallbackFraction < 1) {
                assertThat(Arrays.stream(areas).min().orElseThrow()).isGreaterThanOrEqualTo(minArea * (1 - rounding));
                assertThat(Arrays.stream(areas).max().orElseThrow()).isLessThanOrEqualTo(maxArea * (1 + rounding));
            }
        }
    }

    private static void assertQuantiles(double[] values, JsonObject expected, double tolerance) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        for (String quantile : expected.keySet()) {
            double actual = sorted[(int) (Double.parseDouble(quantile) * (sorted.length - 1))];
            assertThat(actual)
                    .as("quantile " + quantile)
                    .isCloseTo(expected.get(quantile).getAsDouble(), within(tolerance));
        }
    }

    /** Positions of the boxes in the room they have, 0…1, over the boxes that have any. */
    private static final class Averages {
        private double logAspect;
        private double fallback;
        private double topSum;
        private double leftSum;
        private int topCount;
        private int leftCount;

        void add(Box box, int height, int width) {
            assertThat(box.top() >= 0
                            && box.left() >= 0
                            && box.height() > 0
                            && box.width() > 0
                            && box.top() + box.height() <= height
                            && box.left() + box.width() <= width)
                    .isTrue();
            if (box.height() < height) {
                topSum += (double) box.top() / (height - box.height());
                topCount++;
            }
            if (box.width() < width) {
                leftSum += (double) box.left() / (width - box.width());
                leftCount++;
            }
        }

        double top() {
            return topSum / topCount;
        }

        double left() {
            return leftSum / leftCount;
        }
    }
}
