package io.contrast4j.data;

import java.util.List;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.opencv_core.Mat;

/** Turns a picture into the inputs of the encoders, one for each view. Safe to use from several threads. */
public interface Views {
    /** The names of the views, in their order. */
    List<String> names();

    /** The number of views. */
    default int count() {
        return names().size();
    }

    /** The number of channels of a view. */
    int channels(int view);

    /** The side of a view in pixels: it is a square. */
    int size(int view);

    /**
     * The views of a picture.
     *
     * @param rgb H×W, 8-bit, RGB order; it is not changed
     * @param rng the only source of randomness
     * @return for each view (channels·size)×size, float32, one channel: its planes below each other, which is the order of
     *     a tensor; they belong to the caller's scope
     */
    List<Mat> render(Mat rgb, RandomGenerator rng);
}
