package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.image.Mats;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import java.util.List;
import java.util.Random;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;

/** What all views must do. */
interface ViewsKit {
    Views.Config config();

    @Test
    default void viewsAreAsAnnounced() {
        for (Views views : List.of(config().random(), config().central())) {
            for (int[] size : new int[][] {{40, 60}, {33, 7}, {5, 300}, {1, 1}}) {
                try (Scope scope = Scope.open()) {
                    List<Mat> rendered = views.render(noise(size[0], size[1]), CounterRandom.of(1));
                    assertThat(rendered).hasSize(views.count());
                    for (int view = 0; view < views.count(); view++) {
                        Mat mat = rendered.get(view);
                        int channels = views.channels(view);
                        assertThat(mat.depth()).isEqualTo(opencv_core.CV_32F);
                        // Pixels, or planes below each other.
                        assertThat(List.of(mat.channels(), mat.rows()))
                                .isIn(List.of(channels, views.size()), List.of(1, channels * views.size()));
                        assertThat(mat.cols()).isEqualTo(views.size());
                        for (double value : Mats.doubles(mat)) {
                            assertThat(value).isBetween(-10.0, 10.0);
                        }
                    }
                }
            }
        }
    }

    @Test
    default void theGeneratorDecidesAndNothingElse() {
        try (Scope scope = Scope.open()) {
            Mat rgb = noise(50, 70);
            byte[] before = Mats.bytes(rgb);
            Views random = config().random();
            double[] first = first(random, rgb, 1);
            assertThat(first(random, rgb, 1)).isEqualTo(first);
            assertThat(first(random, rgb, 2)).isNotEqualTo(first);
            Views central = config().central();
            assertThat(first(central, rgb, 1)).isEqualTo(first(central, rgb, 2));
            assertThat(Mats.bytes(rgb)).isEqualTo(before);
        }
    }

    private static double[] first(Views views, Mat rgb, long seed) {
        return Mats.doubles(views.render(rgb, CounterRandom.of(seed)).get(0));
    }

    private static Mat noise(int height, int width) {
        byte[] bytes = new byte[height * width * 3];
        new Random(9).nextBytes(bytes);
        return Mats.rgb(height, width, bytes);
    }
}
