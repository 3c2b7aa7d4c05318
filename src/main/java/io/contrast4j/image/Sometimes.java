package io.contrast4j.image;

import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * A transform that is applied to some pictures only.
 *
 * @param probability of being applied, 0…1
 */
record Sometimes(double probability, Transform step) implements Transform {
    @Override
    public Mat apply(Mat rgb, RandomGenerator rng) {
        return rng.nextDouble() < probability ? step.apply(rgb, rng) : rgb;
    }
}
