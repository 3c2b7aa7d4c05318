package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.image.ColorJitter.Adjustment;
import io.contrast4j.image.ColorJitter.Operation;
import io.contrast4j.tensor.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is computed with vectors and tables against the formulas, written down pixel by pixel. */
class TransformOracleTest {
    private static final int SIDE = 48;

    @Property(tries = 150)
    void blendingIsTheFloatFormula(@ForAll @DoubleRange(min = 0, max = 5) double factor, @ForAll long seed) {
        check(factor, seed);
    }

    /** Multiples of these come so close to integers that the rounding of floats decides. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.1, 0.2, 0.6, 0.64, 0.85, 1, 1.2, 1.3, 1.4, 1.9, 2, 3, 4, 1e-3, 0.9999999, 1e4, 1e9})
    void blendingByRoundFactors(double factor) {
        check(factor, 3);
    }

    private static void check(double factor, long seed) {
        try (Scope scope = Scope.open()) {
            byte[] pixels = noise(SIDE, SIDE, seed);
            long sum = 0;
            for (int i = 0; i < pixels.length; i += 3) {
                sum += luma(pixels, i);
            }
            int mean = (int) (sum / (SIDE * SIDE / 1.0) + 0.5);
            byte[] brighter = new byte[pixels.length];
            byte[] contrasted = new byte[pixels.length];
            byte[] saturated = new byte[pixels.length];
            for (int i = 0; i < pixels.length; i++) {
                int value = pixels[i] & 0xFF;
                brighter[i] = blend(0, value, factor);
                contrasted[i] = blend(mean, value, factor);
                saturated[i] = blend(luma(pixels, i / 3 * 3), value, factor);
            }
            Mat rgb = Mats.rgb(SIDE, SIDE, pixels);
            assertSame(adjusted(rgb, Operation.BRIGHTNESS, factor), brighter);
            assertSame(adjusted(rgb, Operation.CONTRAST, factor), contrasted);
            assertSame(adjusted(rgb, Operation.SATURATION, factor), saturated);
        }
    }

    private static byte blend(int base, int value, double factor) {
        float blended = base + (float) factor * (value - base);
        return (byte) (blended <= 0 ? 0 : blended >= 255 ? 255 : (int) blended);
    }

    private static int luma(byte[] pixels, int i) {
        return 19595 * (pixels[i] & 0xFF) + 38470 * (pixels[i + 1] & 0xFF) + 7471 * (pixels[i + 2] & 0xFF) + 32768
                >> 16;
    }

    private static byte[] adjusted(Mat rgb, Operation operation, double amount) {
        return Mats.bytes(ColorJitter.adjust(rgb, List.of(new Adjustment(operation, amount))));
    }

    @Property(tries = 150)
    void hueGoesThroughBytesOfHsv(
            @ForAll @DoubleRange(min = -0.5, max = 0.5) double turns, @ForAll @IntRange(min = 1, max = 255) int range) {
        try (Scope scope = Scope.open()) {
            byte[] pixels = noise(SIDE, SIDE, range);
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) ((pixels[i] & 0xFF) * range / 255); // so that equal channels are frequent, too
            }
            byte[] expected = new byte[pixels.length];
            for (int i = 0; i < pixels.length; i += 3) {
                int[] turned =
                        turned(pixels[i] & 0xFF, pixels[i + 1] & 0xFF, pixels[i + 2] & 0xFF, (int) (255 * turns));
                for (int channel = 0; channel < 3; channel++) {
                    expected[i + channel] = (byte) turned[channel];
                }
            }
            assertSame(adjusted(Mats.rgb(SIDE, SIDE, pixels), Operation.HUE, turns), expected);
        }
    }

    private static int[] turned(int r, int g, int b, int steps) {
        int max = Math.max(r, Math.max(g, b));
        float spread = max - Math.min(r, Math.min(g, b));
        if (spread == 0) {
            return new int[] {r, g, b};
        }
        float rc = (max - r) / spread;
        float gc = (max - g) / spread;
        float bc = (max - b) / spread;
        float h = r == max ? bc - gc : (float) (g == max ? 2.0 + rc - bc : 4.0 + gc - rc);
        double hue = h / 6.0 + 1;
        int hueByte = (int) (255.0 * (float) (hue - Math.floor(hue))) + steps & 0xFF;
        double s = (int) (255.0 * (spread / max)) / 255.0;
        double sixths = 6 * hueByte / 255.0;
        int i = (int) Math.floor(sixths);
        double f = sixths - i;
        int p = (int) Math.floor(max * (1 - s) + 0.5);
        int q = (int) Math.floor(max * (1 - s * f) + 0.5);
        int t = (int) Math.floor(max * (1 - s * (1 - f)) + 0.5);
        return switch (i % 6) {
            case 0 -> new int[] {max, t, p};
            case 1 -> new int[] {q, max, p};
            case 2 -> new int[] {p, max, t};
            case 3 -> new int[] {p, q, max};
            case 4 -> new int[] {t, p, max};
            default -> new int[] {max, p, q};
        };
    }

    @Property(tries = 60)
    void blurIsThreeBoxesAlongEachAxis(
            @ForAll @IntRange(min = 1, max = 70) int height,
            @ForAll @IntRange(min = 1, max = 40) int width,
            @ForAll @DoubleRange(min = 0.05, max = 12) double sigma,
            @ForAll long seed) {
        try (Scope scope = Scope.open()) {
            byte[] pixels = noise(height, width, seed);
            int[][] rows = new int[height][width * 3];
            for (int i = 0; i < pixels.length; i++) {
                rows[i / (width * 3)][i % (width * 3)] = pixels[i] & 0xFF;
            }
            UnaryOperator<int[][]> along = box(sigma, 3);
            UnaryOperator<int[][]> across = picture -> transposed(box(sigma, 1).apply(transposed(picture)));
            int[][] expected = rows;
            for (UnaryOperator<int[][]> pass : List.of(along, along, along, across, across, across)) {
                expected = pass.apply(expected);
            }
            byte[] actual = Mats.bytes(GaussianBlur.blur(Mats.rgb(height, width, pixels), sigma));
            for (int i = 0; i < actual.length; i++) {
                assertThat(actual[i] & 0xFF).isEqualTo(expected[i / (width * 3)][i % (width * 3)]);
            }
        }
    }

    /** One box along the rows, whose neighbours are {@code step} places apart. */
    private static UnaryOperator<int[][]> box(double sigma, int step) {
        double v = sigma * sigma / 3;
        double l = Math.floor((Math.sqrt(12 * v + 1) - 1) / 2);
        float radius = (float) (l + (2 * l + 1) * (l * (l + 1) - 3 * v) / (6 * (v - (l + 1) * (l + 1))));
        int whole = (int) radius;
        long full = (long) ((1 << 24) / (2 * radius + 1));
        long edge = ((1 << 24) - (2 * whole + 1) * full) / 2;
        return rows -> {
            int[][] result = new int[rows.length][rows[0].length];
            for (int y = 0; y < rows.length; y++) {
                for (int x = 0; x < rows[y].length; x++) {
                    long value = 1 << 23;
                    for (int d = -whole - 1; d <= whole + 1; d++) {
                        int place = x / step + d;
                        int inside = Math.max(0, Math.min(rows[y].length / step - 1, place));
                        value += (Math.abs(d) > whole ? edge : full) * rows[y][inside * step + x % step];
                    }
                    result[y][x] = (int) (value >> 24);
                }
            }
            return result;
        };
    }

    private static int[][] transposed(int[][] rows) {
        int[][] result = new int[rows[0].length][rows.length];
        for (int y = 0; y < rows.length; y++) {
            for (int x = 0; x < result.length; x++) {
                result[x][y] = rows[y][x];
            }
        }
        return result;
    }

    private static void assertSame(byte[] actual, byte[] expected) {
        assertThat(Arrays.mismatch(actual, expected))
                .as("first byte that differs")
                .isEqualTo(-1);
    }

    private static byte[] noise(int height, int width, long seed) {
        byte[] pixels = new byte[height * width * 3];
        new Random(seed).nextBytes(pixels);
        return pixels;
    }
}
