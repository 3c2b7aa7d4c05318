package io.contrast4j.image;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Scalar;

/**
 * Cuts a square out of a random place of a picture with a black border, as is usual for CIFAR.
 *
 * @param size side of the square in pixels
 * @param padding width of the border in pixels; where the square is larger than the picture and its border, the border
 *     is wider
 */
public record RandomCrop(int size, int padding) implements Transform {
    static {
        OpenCv.prepare();
    }

    /** @param padding width of the border in pixels, at least 0 */
    @TypeName("random-crop")
    public record Config(int padding) implements Transform.Config {
        public Config {
            new Problems().between("padding", padding, 0, 4096).raise();
        }

        @Override
        public Transform create(int size) {
            return new RandomCrop(size, padding);
        }

        @Override
        public Size sizeAfter() {
            return Size.CROPPED;
        }
    }

    @Override
    public Mat apply(Mat rgb, RandomGenerator rng) {
        return crop(rgb, place(rgb.rows(), rng), place(rgb.cols(), rng));
    }

    /** Where the square starts along an axis. */
    private int place(int side, RandomGenerator rng) {
        int border = Math.max(padding, (size - side + 1) / 2);
        return rng.nextInt(side + 2 * border - size + 1) - border;
    }

    /** The square that starts here; what of it is outside of the picture is black. */
    Mat crop(Mat rgb, int top, int left) {
        Mat square = new Mat(size, size, opencv_core.CV_8UC3, Scalar.all(0));
        Box wanted = new Box(top, left, size, size).within(rgb);
        if (wanted.height() > 0 && wanted.width() > 0) {
            Box place = new Box(wanted.top() - top, wanted.left() - left, wanted.height(), wanted.width());
            wanted.cut(rgb).copyTo(place.cut(square));
        }
        return square;
    }
}
