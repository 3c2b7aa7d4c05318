package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.List;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Covers a square at a random place with one colour (DeVries and Taylor, "Improved regularization of convolutional neural
 * networks with Cutout", 2017).
 *
 * <p>The square has a side of s = ⌊size·shorter side⌋ pixels. With half = ⌊s/2⌋ and o = 1 for an even s, else 0, its centre
 * along an axis of n pixels is uniform in 0 … n + o − 1, or, if it must lie inside, in half … n + o − half − 1; it covers s
 * pixels from centre − half, without those outside of the picture.
 */
public final class Cutout implements Transform {
    private final Config config;

    public Cutout(Config config) {
        this.config = config;
    }

    /**
     * @param probability that a square is covered, 0…1
     * @param size side of the square as a share of the picture's shorter side, above 0 and at most 1
     * @param inside whether the whole square lies inside the picture
     * @param colour red, green and blue, 0…255 each
     */
    @TypeName("cutout")
    public record Config(double probability, double size, boolean inside, List<Integer> colour)
            implements Transform.Config {
        public Config {
            colour = List.copyOf(colour);
            new Problems()
                    .between("probability", probability, 0, 1)
                    .require(size > 0 && size <= 1, "size", size, "above 0 and at most 1")
                    .require(
                            colour.size() == 3 && colour.stream().allMatch(value -> value >= 0 && value <= 255),
                            "colour",
                            colour,
                            "three numbers between 0 and 255")
                    .raise();
        }

        @Override
        public Transform create(int size) {
            return new Sometimes(probability, new Cutout(this));
        }
    }

    @Override
    public Mat apply(Mat rgb, RandomGenerator rng) {
        return box(rgb.rows(), rgb.cols(), rng)
                .painted(rgb, config.colour.get(0), config.colour.get(1), config.colour.get(2));
    }

    /** Draws the square; parts of it may be outside of the picture. */
    Box box(int height, int width, RandomGenerator rng) {
        int side = (int) (config.size * Math.min(height, width));
        return new Box(start(height, side, rng), start(width, side, rng), side, side);
    }

    private int start(int length, int side, RandomGenerator rng) {
        int half = side / 2;
        int centres = length + (side % 2 == 0 ? 1 : 0);
        return config.inside ? rng.nextInt(centres - 2 * half) : rng.nextInt(centres) - half;
    }

    /**
     * RandAugment's form: a square in (125, 123, 114) from ⌊max(0, centre − side/2)⌋ to {@code side} pixels further, both
     * ends included.
     */
    static Mat absolute(Mat rgb, double side, double centreX, double centreY) {
        int left = (int) Math.max(0, centreX - side / 2);
        int top = (int) Math.max(0, centreY - side / 2);
        int right = (int) Math.min(rgb.cols(), left + side);
        int bottom = (int) Math.min(rgb.rows(), top + side);
        return new Box(top, left, bottom - top + 1, right - left + 1).painted(rgb, 125, 123, 114);
    }
}
