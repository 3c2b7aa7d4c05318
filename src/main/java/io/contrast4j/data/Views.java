package io.contrast4j.data;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.bytedeco.opencv.global.opencv_core;
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
     * Writes the views of a picture.
     *
     * @param rgb H×W, 8-bit, RGB order; it is not changed
     * @param rng the only source of randomness
     * @param targets for each view (channels·size)×size, float32, one channel: its planes below each other, which is the
     *     order of a tensor, so that they may lie in one
     */
    void render(Mat rgb, RandomGenerator rng, List<Mat> targets);

    /** The views of a picture in memory of their own; they belong to the caller's scope. */
    static List<Mat> rendered(Views views, Mat rgb, RandomGenerator rng) {
        List<Mat> targets = blank(views);
        views.render(rgb, rng, targets);
        return targets;
    }

    /** Memory for the views of a picture, with any content; it belongs to the caller's scope. */
    static List<Mat> blank(Views views) {
        List<Mat> targets = new ArrayList<>();
        for (int view = 0; view < views.count(); view++) {
            int size = views.size(view);
            targets.add(new Mat(views.channels(view) * size, size, opencv_core.CV_32FC1));
        }
        return targets;
    }
}
