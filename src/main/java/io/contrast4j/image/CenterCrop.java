package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Cuts a square out of the middle; its offset is round((side − size)/2), ties to even.
 *
 * @param size side of the square in pixels; no larger than the picture
 */
public record CenterCrop(int size) implements Transform {
    public CenterCrop {
        new Problems().atLeast("size", size, 1).raise();
    }

    /** A square of the size of the view. */
    @TypeName("center-crop")
    public record Config() implements Transform.Config {
        @Override
        public Transform create(int size) {
            return new CenterCrop(size);
        }

        @Override
        public Size sizeAfter() {
            return Size.CROPPED;
        }
    }

    @Override
    public Mat apply(Mat rgb, RandomGenerator rng) {
        if (rgb.rows() < size || rgb.cols() < size) {
            throw new IllegalArgumentException(
                    "no square of " + size + " pixels fits a picture of " + rgb.rows() + "×" + rgb.cols());
        }
        int top = (int) Math.rint((rgb.rows() - size) / 2.0);
        int left = (int) Math.rint((rgb.cols() - size) / 2.0);
        return new Box(top, left, size, size).cut(rgb);
    }
}
