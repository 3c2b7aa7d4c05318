package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.tensor.Scope;
import java.util.List;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;

class ColorSpaceTest {
    private static final int SIDE = 512;

    /** Every fourth value of each channel and the last: 64³ colours; and all dark ones, where the curve has its line. */
    private static byte[] lattice(int step) {
        byte[] bytes = new byte[SIDE * SIDE * 3];
        for (int i = 0; i < SIDE * SIDE; i++) {
            bytes[i * 3] = (byte) (i % 64 * step);
            bytes[i * 3 + 1] = (byte) (i / 64 % 64 * step);
            bytes[i * 3 + 2] = (byte) (i / 4096 * step);
        }
        return bytes;
    }

    @Test
    void float32IsCloseToFloat64ForAllColours() {
        for (int step : new int[] {1, 4}) {
            assertThat(largestDifference(ColorSpace.LAB, step)).isLessThan(5e-4);
            assertThat(largestDifference(ColorSpace.YCBCR, step)).isLessThan(1e-4);
            assertThat(largestDifference(ColorSpace.LUV, step)).isLessThan(5e-4);
        }
    }

    private static double largestDifference(ColorSpace space, int step) {
        try (Scope scope = Scope.open()) {
            Mat rgb = Mats.rgb(SIDE, SIDE, lattice(step));
            double[] narrow = Mats.doubles(space.floats(rgb));
            double[] wide = Mats.doubles(space.doubles(rgb));
            double largest = 0;
            for (int i = 0; i < wide.length; i++) {
                largest = Math.max(largest, Math.abs(narrow[i] - wide[i]));
            }
            return largest;
        }
    }

    @Test
    void planesHoldWhatPixelsDo() {
        Normalization some = new Normalization(List.of(1.0, -2.0, 0.5), List.of(20.0, 30.0, 40.0));
        try (Scope scope = Scope.open()) {
            Mat rgb = Mats.rgb(SIDE, SIDE, lattice(4));
            for (Box box : List.of(Box.of(rgb), new Box(100, 50, 7, 9), new Box(3, 4, 1, 1))) {
                Mat part = box.cut(rgb);
                for (ColorSpace space : ColorSpace.values()) {
                    double[] pixels = Mats.doubles(space.normalized(part, some));
                    double[] planes = Mats.doubles(space.planes(part, some));
                    assertThat(planes).hasSameSizeAs(pixels);
                    double largest = 0;
                    for (int i = 0; i < pixels.length; i++) {
                        double plane = planes[i % 3 * (pixels.length / 3) + i / 3];
                        largest = Math.max(largest, Math.abs(plane - pixels[i]));
                    }
                    assertThat(largest).as(space.name()).isLessThan(2e-5);
                }
            }
        }
    }

    @Test
    void aPartOfAPictureIsConvertedLikeTheWhole() {
        try (Scope scope = Scope.open()) {
            Mat rgb = Mats.rgb(SIDE, SIDE, lattice(4));
            Mat part = new Box(100, 50, 7, 9).cut(rgb);
            for (ColorSpace space : ColorSpace.values()) {
                Mat alone = space.floats(part);
                Mat ofWhole = new Box(100, 50, 7, 9).cut(space.floats(rgb));
                // The last bit depends on whether a pixel was in a vector.
                assertThat(Mats.doubles(alone)).as(space.name()).containsExactly(Mats.doubles(ofWhole), within(1e-4));
            }
        }
    }
}
