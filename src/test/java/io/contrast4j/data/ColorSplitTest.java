package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.Mats;
import io.contrast4j.image.RandomResizedCrop;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.tensor.Scope;
import java.util.List;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;

class ColorSplitTest implements ViewsKit {
    static final RandomResizedCrop.Config CROP = new RandomResizedCrop.Config(24, 0.2, 1, 0.75, 4.0 / 3);

    @Override
    public Views.Config config() {
        return new ColorSplit.Config(ColorSpace.LAB, CROP, 0.5, 28);
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
            Views views = new ColorSplit.Config(space, CROP, 0.5, 28).random();
            List<Mat> rendered = views.render(Mats.rgb(30, 40, red), CounterRandom.of(4));
            double[] colour = Mats.doubles(rendered.get(1));
            assertThat(Mats.doubles(rendered.get(0)))
                    .hasSize(24 * 24)
                    .containsOnly(new double[] {luminance}, within(1e-4));
            assertThat(colour).hasSize(24 * 24 * 2);
            assertThat(colour[0]).isCloseTo(first, within(1e-4));
            assertThat(colour[24 * 24]).isCloseTo(second, within(1e-4));
        }
    }

    @Test
    void impossibleValuesAreNamed() {
        assertThatThrownBy(() -> new ColorSplit.Config(ColorSpace.HSV, CROP, 1.5, 20))
                .isInstanceOf(InvalidValues.class)
                .hasMessageContaining("space = HSV must be lab or ycbcr")
                .hasMessageContaining("flip = 1.5")
                .hasMessageContaining("resize = 20 must be at least crop.size, 24");
    }
}
