package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.image.CenterCrop;
import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.HorizontalFlip;
import io.contrast4j.image.Mats;
import io.contrast4j.image.Normalization;
import io.contrast4j.image.RandomResizedCrop;
import io.contrast4j.image.Resize;
import io.contrast4j.image.Transform;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.tensor.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class CropViewsTest {
    static final RandomResizedCrop.Config CROP = new RandomResizedCrop.Config(0.2, 1, 0.75, 4.0 / 3);
    private static final List<Transform.Config> TRANSFORMS = List.of(CROP, new HorizontalFlip.Config(0.5));
    private static final List<List<Integer>> WHOLE = List.of(List.of(0, 1, 2));
    private static final CropViews.Config.Central CENTRAL = new CropViews.Config.Central(Optional.of(28), 24);

    /** The views of CMC. */
    static CropViews.Config split(ColorSpace space, int size) {
        return config(1, size, space, List.of(List.of(0), List.of(1, 2)), Optional.empty());
    }

    private static CropViews.Config config(
            int crops, int size, ColorSpace space, List<List<Integer>> groups, Optional<CropViews.Config.Local> local) {
        return new CropViews.Config(crops, size, TRANSFORMS, space, groups, Optional.empty(), local, CENTRAL);
    }

    static Stream<CropViews.Config> kinds() {
        return Stream.of(
                split(ColorSpace.LAB, 24),
                config(2, 24, ColorSpace.RGB, WHOLE, Optional.empty()),
                config(1, 16, ColorSpace.HED, List.of(List.of(2), List.of(0), List.of(1, 0)), Optional.empty()),
                config(2, 24, ColorSpace.RGB, WHOLE, Optional.of(new CropViews.Config.Local(3, 10, 0.05, 0.14))));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void viewsAreAsAnnounced(CropViews.Config config) {
        for (Views views : List.of(config.random(), config.central(config.crops()))) {
            for (int[] size : new int[][] {{40, 60}, {33, 7}, {5, 300}, {1, 1}, {60_000, 1}}) {
                try (Scope scope = Scope.open()) {
                    List<Mat> rendered = Views.rendered(views, noise(size[0], size[1]), CounterRandom.of(1));
                    assertThat(rendered).hasSize(views.count());
                    for (int view = 0; view < views.count(); view++) {
                        Mat mat = rendered.get(view);
                        assertThat(mat.type()).isEqualTo(opencv_core.CV_32FC1);
                        assertThat(mat.rows()).isEqualTo(views.channels(view) * views.size(view));
                        assertThat(mat.cols()).isEqualTo(views.size(view));
                        for (double value : Mats.doubles(mat)) {
                            assertThat(value).isBetween(-10.0, 10.0);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void theGeneratorDecidesAndNothingElse(CropViews.Config config) {
        try (Scope scope = Scope.open()) {
            Mat rgb = noise(50, 70);
            byte[] before = Mats.bytes(rgb);
            Views random = config.random();
            double[] first = first(random, rgb, 1);
            assertThat(first(random, rgb, 1)).isEqualTo(first);
            assertThat(first(random, rgb, 2)).isNotEqualTo(first);
            Views central = config.central(config.crops());
            assertThat(first(central, rgb, 1)).isEqualTo(first(central, rgb, 2));
            assertThat(Mats.bytes(rgb)).isEqualTo(before);
        }
    }

    private static double[] first(Views views, Mat rgb, long seed) {
        return Mats.doubles(Views.rendered(views, rgb, CounterRandom.of(seed)).get(0));
    }

    private static Mat noise(int height, int width) {
        byte[] bytes = new byte[height * width * 3];
        new Random(9).nextBytes(bytes);
        return Mats.rgb(height, width, bytes);
    }

    @Test
    void namesAreThoseOfTheChannelsAndCrops() {
        assertThat(kinds().map(config -> config.random().names()))
                .containsExactly(
                        List.of("l", "ab"),
                        List.of("rgb1", "rgb2"),
                        List.of("d", "h", "eh"),
                        List.of("rgb1", "rgb2", "rgb3", "rgb4", "rgb5"));
        assertThat(kinds())
                .allSatisfy(config ->
                        assertThat(config.central(config.crops()).names()).isEqualTo(config.names()));
        assertThat(kinds().map(CropViews.Config::names))
                .containsExactly(
                        List.of("l", "ab"), List.of("rgb1", "rgb2"), List.of("d", "h", "eh"), List.of("rgb1", "rgb2"));
    }

    @Test
    void cropsAreIndependentButNotTheCentralOnes() {
        try (Scope scope = Scope.open()) {
            CropViews.Config config = config(2, 24, ColorSpace.RGB, WHOLE, Optional.empty());
            Mat rgb = noise(50, 70);
            List<Mat> random = Views.rendered(config.random(), rgb, CounterRandom.of(5));
            assertThat(Mats.doubles(random.get(0))).isNotEqualTo(Mats.doubles(random.get(1)));
            List<Mat> central = Views.rendered(config.central(config.crops()), rgb, CounterRandom.of(5));
            assertThat(Mats.doubles(central.get(0))).isEqualTo(Mats.doubles(central.get(1)));
        }
    }

    @Test
    void localCropsShowLittleOfThePicture() {
        try (Scope scope = Scope.open()) {
            // A gradient from 0 to 1: the range of values in a crop is its share of the width.
            byte[] ramp = new byte[256 * 256 * 3];
            for (int i = 0; i < ramp.length; i++) {
                ramp[i] = (byte) (i / 3 % 256);
            }
            Optional<Normalization> none =
                    Optional.of(new Normalization(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0)));
            Views views = new CropViews.Config(
                            1,
                            24,
                            List.of(new RandomResizedCrop.Config(0.6, 1, 1, 1)),
                            ColorSpace.RGB,
                            List.of(List.of(0)),
                            none,
                            Optional.of(new CropViews.Config.Local(1, 24, 0.01, 0.04)),
                            CENTRAL)
                    .random();
            for (int draw = 0; draw < 20; draw++) {
                List<Mat> rendered = Views.rendered(views, Mats.rgb(256, 256, ramp), CounterRandom.of(draw));
                assertThat(range(rendered.get(0))).isGreaterThan(0.7);
                assertThat(range(rendered.get(1))).isLessThan(0.21);
            }
        }
    }

    private static double range(Mat mat) {
        double[] values = Mats.doubles(mat);
        return Arrays.stream(values).max().orElseThrow()
                - Arrays.stream(values).min().orElseThrow();
    }

    @Test
    void oneViewIsTheLuminanceAndTheOtherTheColour() {
        // Pure red is L 53.24, a 80.09, b 67.20 and Y 81.481, Cb 90.203, Cr 240.
        check(ColorSpace.LAB, (53.2406 - 50) / 50, (80.0925 - 6.025) / 92.208, (67.2032 + 6.6895) / 101.1675);
        check(ColorSpace.YCBCR, (81.481 - 116.151) / 109.5, (90.203 - 121.080) / 111.855, (240 - 132.342) / 111.964);
    }

    private static void check(ColorSpace space, double luminance, double first, double second) {
        try (Scope scope = Scope.open()) {
            byte[] red = new byte[30 * 40 * 3];
            for (int i = 0; i < red.length; i += 3) {
                red[i] = (byte) 255;
            }
            List<Mat> rendered = Views.rendered(split(space, 24).random(), Mats.rgb(30, 40, red), CounterRandom.of(4));
            double[] colour = Mats.doubles(rendered.get(1));
            assertThat(Mats.doubles(rendered.get(0)))
                    .hasSize(24 * 24)
                    .containsOnly(new double[] {luminance}, within(1e-4));
            assertThat(colour).hasSize(24 * 24 * 2);
            assertThat(colour[0]).isCloseTo(first, within(1e-4));
            assertThat(colour[24 * 24]).isCloseTo(second, within(1e-4));
        }
    }

    /** The constants of the spaces that no paper gives them for. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"RGB", "YCBCR"}) // by mean and deviation
    void normalisedChannelsOfAllColoursFillARangeOfTwo(ColorSpace space) {
        try (Scope scope = Scope.open()) {
            byte[] colours = new byte[52 * 52 * 52 * 3];
            for (int i = 0; i < 52 * 52 * 52; i++) {
                colours[3 * i] = (byte) (i / (52 * 52) * 5);
                colours[3 * i + 1] = (byte) (i / 52 % 52 * 5);
                colours[3 * i + 2] = (byte) (i % 52 * 5);
            }
            double[] values = Mats.doubles(space.normalized(Mats.rgb(52 * 52, 52, colours), space.normalization()));
            for (int channel = 0; channel < 3; channel++) {
                double low = 0;
                double high = 0;
                for (int i = channel; i < values.length; i += 3) {
                    low = Math.min(low, values[i]);
                    high = Math.max(high, values[i]);
                }
                assertThat(low).as("least %s", channel).isCloseTo(-1, within(1e-3));
                assertThat(high).as("largest %s", channel).isCloseTo(1, within(1e-2));
            }
        }
    }

    @Test
    void impossibleValuesAreNamed() {
        assertThatThrownBy(() -> new CropViews.Config(
                        0,
                        24,
                        List.of(CROP, new Resize.Config(20)),
                        ColorSpace.LAB,
                        List.of(List.of(3)),
                        Optional.of(new Normalization(List.of(1.0), List.of(1.0))),
                        Optional.empty(),
                        CENTRAL))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("crops = 0 must be between 1 and 64")
                .hasMessageContaining("must be a list with a crop after which nothing changes the size")
                .hasMessageContaining("groups = [[3]] must be lists of channels 0, 1 and 2")
                .hasMessageContaining("must be for three channels");
        assertThatThrownBy(() -> new CropViews.Config(
                        1,
                        24,
                        List.of(new Resize.Config(20), new CenterCrop.Config()),
                        ColorSpace.LAB,
                        WHOLE,
                        Optional.empty(),
                        Optional.of(new CropViews.Config.Local(1, 8, 0.1, 0.2)),
                        CENTRAL))
                .hasMessageContaining("transforms = [resize, center-crop] must be a list with a crop")
                .hasMessageContaining("local = without a random-resized-crop in views.transforms must be null");
        assertThatThrownBy(() -> new CropViews.Config.Central(Optional.of(20), 24))
                .hasMessageContaining("resize = 20 must be at least size, 24");
    }
}
