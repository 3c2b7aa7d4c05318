package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import org.bytedeco.opencv.opencv_core.Mat;

/** Takes the colour away, and keeps three channels: each is (19595·R + 38470·G + 7471·B + 2¹⁵) » 16. */
public final class Grayscale {
    private Grayscale() {}

    /** @param probability that a picture is made grey, 0…1 */
    @TypeName("grayscale")
    public record Config(double probability) implements Transform.Config {
        public Config {
            new Problems().between("probability", probability, 0, 1).raise();
        }

        @Override
        public Transform create(int size) {
            return new Sometimes(probability, (rgb, rng) -> gray(rgb));
        }
    }

    /** The picture in grey; it belongs to the caller's scope. */
    public static Mat gray(Mat rgb) {
        return PackedPixels.mapped(rgb, (pixels, count) -> {
            Luma.of(pixels, count, pixels);
            for (int i = 0; i < count; i++) {
                pixels[i] *= 0x010101;
            }
        });
    }
}
