package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/** Inverts the bright values of each channel: x becomes 255 − x where x ≥ threshold. */
public final class Solarize {
    private Solarize() {}

    /**
     * @param probability that a picture is changed, 0…1
     * @param threshold least value that is inverted, 0…256; 0 inverts all, 256 none
     */
    @TypeName("solarize")
    public record Config(double probability, double threshold) implements Transform.Drawn {
        public Config {
            new Problems()
                    .between("probability", probability, 0, 1)
                    .between("threshold", threshold, 0, 256)
                    .raise();
        }

        @Override
        public Optional<Change> draw(RandomGenerator rng) {
            return Change.sometimes(probability, rng, () -> new Change.Solarized(threshold));
        }
    }

    /** The solarised picture; it belongs to the caller's scope. */
    public static Mat solarize(Mat rgb, double threshold) {
        return ToneCurve.of(value -> value >= threshold ? 255 - value : value).apply(rgb);
    }
}
