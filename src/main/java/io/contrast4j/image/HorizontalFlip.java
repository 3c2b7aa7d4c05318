package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Mirrors left and right, with a given probability.
 *
 * @param probability of mirroring, 0…1
 */
public record HorizontalFlip(double probability) implements Transform {
    private static final int LEFT_TO_RIGHT = 1;

    static {
        OpenCv.prepare();
    }

    public HorizontalFlip {
        new Problems().between("probability", probability, 0, 1).raise();
    }

    /** @param probability of mirroring, 0…1 */
    @TypeName("flip")
    public record Config(double probability) implements Transform.Config {
        public Config {
            new Problems().between("probability", probability, 0, 1).raise();
        }

        @Override
        public Transform create(int size) {
            return new HorizontalFlip(probability);
        }
    }

    @Override
    public Mat apply(Mat rgb, RandomGenerator rng) {
        if (rng.nextDouble() >= probability) {
            return rgb;
        }
        Mat mirrored = new Mat();
        opencv_core.flip(rgb, mirrored, LEFT_TO_RIGHT);
        return mirrored;
    }
}
