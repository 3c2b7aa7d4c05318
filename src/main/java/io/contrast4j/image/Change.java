package io.contrast4j.image;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/** What is done to one picture after all chance has been drawn; it keeps the size. */
public sealed interface Change {
    /**
     * The changed picture.
     *
     * @param rgb H×W, 8-bit, RGB order; it is not changed
     * @return a picture that belongs to the caller's scope
     */
    Mat apply(Mat rgb);

    /** A change that happens with a probability; only if it does, more is drawn. */
    static Optional<Change> sometimes(double probability, RandomGenerator rng, Supplier<Change> change) {
        return rng.nextDouble() < probability ? Optional.of(change.get()) : Optional.empty();
    }

    /** Left and right change places. */
    record Mirrored() implements Change {
        private static final int LEFT_TO_RIGHT = 1;

        @Override
        public Mat apply(Mat rgb) {
            OpenCv.prepare();
            Mat mirrored = new Mat();
            opencv_core.flip(rgb, mirrored, LEFT_TO_RIGHT);
            return mirrored;
        }
    }

    /** Brightness, contrast, saturation and hue change, in this order. */
    record Adjusted(List<ColorJitter.Adjustment> adjustments) implements Change {
        public Adjusted {
            adjustments = List.copyOf(adjustments);
        }

        @Override
        public Mat apply(Mat rgb) {
            return ColorJitter.adjust(rgb, adjustments);
        }
    }

    /** The colour goes. */
    record Grayed() implements Change {
        @Override
        public Mat apply(Mat rgb) {
            return Grayscale.gray(rgb);
        }
    }

    /** @param sigma width of the blur in pixels, above 0 */
    record Blurred(double sigma) implements Change {
        @Override
        public Mat apply(Mat rgb) {
            return GaussianBlur.blur(rgb, sigma);
        }
    }

    /** @param threshold least value that is inverted */
    record Solarized(double threshold) implements Change {
        @Override
        public Mat apply(Mat rgb) {
            return Solarize.solarize(rgb, threshold);
        }
    }
}
