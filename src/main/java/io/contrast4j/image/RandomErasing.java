package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Covers a rectangle of random size and place with a random grey (Zhong et al., "Random erasing data augmentation", AAAI
 * 2020).
 *
 * <p>Up to a number of times, in an H×W picture: area = H·W·U(minArea, maxArea), aspect = U(minAspect, 1/minAspect),
 * height = ⌊√(area·aspect)⌋, width = ⌊√(area/aspect)⌋; the rectangle is taken if it is smaller than the picture along
 * both axes, its top uniform in 0 … H − height − 1 and its left side likewise. If none fits, nothing is covered.
 */
public final class RandomErasing implements Transform {
    private static final int LEVELS = 256;

    private final Config config;

    public RandomErasing(Config config) {
        this.config = config;
    }

    /**
     * @param probability that a rectangle is covered, 0…1
     * @param minArea least area as a share of the picture, above 0
     * @param maxArea largest area as a share of the picture, at most 1
     * @param minAspect least ratio of height to width, above 0 and at most 1; the largest is its inverse
     * @param maxAttempts rectangles that are tried
     */
    @TypeName("random-erasing")
    public record Config(double probability, double minArea, double maxArea, double minAspect, int maxAttempts)
            implements Transform.Config {
        public Config {
            new Problems()
                    .between("probability", probability, 0, 1)
                    .require(minArea > 0 && minArea <= 1, "minArea", minArea, "above 0 and at most 1")
                    .between("maxArea", maxArea, Math.min(minArea, 1), 1)
                    .require(minAspect > 0 && minAspect <= 1, "minAspect", minAspect, "above 0 and at most 1")
                    .atLeast("maxAttempts", maxAttempts, 1)
                    .raise();
        }

        @Override
        public Transform create(int size) {
            return new Sometimes(probability, new RandomErasing(this));
        }
    }

    @Override
    public Mat apply(Mat rgb, RandomGenerator rng) {
        Box box = box(rgb.rows(), rgb.cols(), rng);
        int grey = rng.nextInt(LEVELS);
        return box.painted(rgb, grey, grey, grey);
    }

    /** Draws the rectangle, an empty one if none fits. */
    Box box(int height, int width, RandomGenerator rng) {
        for (int attempt = 0; attempt < config.maxAttempts; attempt++) {
            double area = (double) height * width * Uniform.between(config.minArea, config.maxArea, rng);
            double aspect = Uniform.between(config.minAspect, 1 / config.minAspect, rng);
            int h = (int) Math.sqrt(area * aspect);
            int w = (int) Math.sqrt(area / aspect);
            if (h < height && w < width) {
                return new Box(rng.nextInt(height - h), rng.nextInt(width - w), h, w);
            }
        }
        return new Box(0, 0, 0, 0);
    }
}
