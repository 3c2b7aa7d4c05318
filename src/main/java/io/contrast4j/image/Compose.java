package io.contrast4j.image;

import java.util.List;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Transforms one after the other.
 *
 * @param steps in the order in which they are applied, drawing from one generator; none leaves the picture as it is
 */
public record Compose(List<Transform> steps) implements Transform {
    public Compose {
        steps = List.copyOf(steps);
    }

    public Compose(Transform... steps) {
        this(List.of(steps));
    }

    @Override
    public Mat apply(Mat rgb, RandomGenerator rng) {
        Mat picture = rgb;
        for (Transform step : steps) {
            picture = step.apply(picture, rng);
        }
        return picture;
    }
}
