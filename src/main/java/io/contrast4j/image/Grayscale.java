package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/** Takes the colour away, and keeps three channels: each is (19595·R + 38470·G + 7471·B + 2¹⁵) » 16. */
public final class Grayscale {
    private Grayscale() {}

    /** @param probability that a picture is made grey, 0…1 */
    @TypeName("grayscale")
    public record Config(double probability) implements Transform.Drawn {
        public Config {
            new Problems().between("probability", probability, 0, 1).raise();
        }

        @Override
        public Optional<Change> draw(RandomGenerator rng) {
            return Change.sometimes(probability, rng, Change.Grayed::new);
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
