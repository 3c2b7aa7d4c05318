package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.tensor.Scope;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;

class ResamplingTest {
    @Property(tries = 60)
    void agreesWithTheRulePixelByPixel(
            @ForAll @IntRange(min = 1, max = 70) int height,
            @ForAll @IntRange(min = 1, max = 70) int width,
            @ForAll @IntRange(min = 1, max = 90) int newHeight,
            @ForAll @IntRange(min = 1, max = 90) int newWidth,
            @ForAll long seed) {
        byte[] pixels = new byte[(height + 3) * (width + 5) * 3];
        new Random(seed).nextBytes(pixels);
        try (Scope scope = Scope.open()) {
            Mat rgb = Mats.rgb(height + 3, width + 5, pixels);
            Box box = new Box(2, 4, height, width);
            int[][][] cut = new int[height][width][3];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    for (int c = 0; c < 3; c++) {
                        cut[y][x][c] = pixels[((y + 2) * (width + 5) + x + 4) * 3 + c] & 0xFF;
                    }
                }
            }
            int[][][] expected = alongRows(turned(alongRows(turned(cut), newWidth)), newHeight);
            byte[] actual = Mats.bytes(Resampling.resize(rgb, box, newHeight, newWidth));
            assertThat(actual).hasSize(newHeight * newWidth * 3);
            for (int i = 0; i < actual.length; i++) {
                assertThat(actual[i] & 0xFF).isEqualTo(expected[i / 3 / newWidth][i / 3 % newWidth][i % 3]);
            }
        }
    }

    private static int[][][] alongRows(int[][][] picture, int length) {
        int n = picture.length;
        double scale = (double) n / length;
        double support = Math.max(scale, 1);
        int[][][] result = new int[length][picture[0].length][3];
        for (int x = 0; x < length; x++) {
            double c = (x + 0.5) * scale;
            int from = Math.max(0, (int) (c - support + 0.5));
            int to = Math.min(n, (int) (c + support + 0.5));
            double sum = 0;
            for (int t = from; t < to; t++) {
                sum += weight(t, c, support);
            }
            for (int k = 0; k < picture[0].length; k++) {
                for (int channel = 0; channel < 3; channel++) {
                    long value = 1L << 21;
                    for (int t = from; t < to; t++) {
                        value += (long) Math.floor(weight(t, c, support) / sum * (1 << 22) + 0.5)
                                * picture[t][k][channel];
                    }
                    result[x][k][channel] = (int) Math.min(255, value >> 22);
                }
            }
        }
        return result;
    }

    private static double weight(int t, double centre, double support) {
        return Math.max(0, 1 - Math.abs(t + 0.5 - centre) / support);
    }

    private static int[][][] turned(int[][][] picture) {
        int[][][] turned = new int[picture[0].length][picture.length][];
        for (int y = 0; y < picture.length; y++) {
            for (int x = 0; x < turned.length; x++) {
                turned[x][y] = picture[y][x];
            }
        }
        return turned;
    }

    @Property(tries = 30)
    void theShorterSideIsScaledToItsLength(
            @ForAll @IntRange(min = 1, max = 60) int height,
            @ForAll @IntRange(min = 1, max = 60) int width,
            @ForAll @IntRange(min = 1, max = 40) int side) {
        try (Scope scope = Scope.open()) {
            Mat scaled =
                    new Resize(side).apply(Mats.rgb(height, width, new byte[height * width * 3]), CounterRandom.of(0));
            assertThat(Math.min(scaled.rows(), scaled.cols())).isEqualTo(side);
            int longer = side * Math.max(height, width) / Math.min(height, width);
            assertThat(Math.max(scaled.rows(), scaled.cols())).isEqualTo(longer);
        }
    }

    @Test
    void halfOfThePicturesAreMirrored() {
        try (Scope scope = Scope.open()) {
            Mat rgb = Mats.rgb(1, 2, new byte[] {1, 2, 3, 4, 5, 6});
            Transform flip = new HorizontalFlip.Config(0.5).create(1);
            CounterRandom rng = CounterRandom.of(3);
            int mirrored = 0;
            for (int i = 0; i < 2000; i++) {
                mirrored += Mats.bytes(flip.apply(rgb, rng))[0] == 4 ? 1 : 0;
            }
            assertThat(mirrored).isBetween(900, 1100);
        }
    }

    @Test
    void allImpossibleValuesOfACropAreNamed() {
        assertThatThrownBy(() -> new RandomResizedCrop.Config(0, 2, 0, -1))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("minArea")
                .hasMessageContaining("maxArea")
                .hasMessageContaining("minAspect")
                .hasMessageContaining("maxAspect");
    }

    @Test
    void aMiddleLargerThanThePictureIsRefused() {
        try (Scope scope = Scope.open()) {
            Mat small = Mats.rgb(4, 4, new byte[48]);
            assertThatThrownBy(() -> new CenterCrop(5).apply(small, CounterRandom.of(0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("5");
        }
    }
}
