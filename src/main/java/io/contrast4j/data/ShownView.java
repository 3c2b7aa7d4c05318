package io.contrast4j.data;

import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.Normalization;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.MatVector;
import org.bytedeco.opencv.opencv_core.Scalar;

/**
 * Makes a view visible. A view of all channels of RGB is shown in its colours. Of other views the channels are shown as red,
 * green and blue, one channel alone as grey; −1 is dark and 1 is bright.
 */
final class ShownView {
    private static final int MIDDLE = 128;

    private final CropViews.Config config;
    private final Normalization normalization;

    ShownView(CropViews.Config config) {
        this.config = config;
        this.normalization = config.normalization().orElseGet(config.space()::normalization);
    }

    /**
     * A view as 8-bit RGB.
     *
     * @param planes of the view, float32, below each other
     * @param view its number
     */
    Mat rgb(Mat planes, int view) {
        List<Integer> group = config.groups().get(view % config.groups().size());
        boolean isInColour = config.space() == ColorSpace.RGB && group.equals(List.of(0, 1, 2));
        int side = planes.cols();
        List<Mat> bytes = new ArrayList<>();
        for (int i = 0; i < group.size(); i++) {
            double deviation = normalization.deviation().get(group.get(i));
            double mean = normalization.mean().get(group.get(i));
            Mat channel = planes.rowRange(i * side, (i + 1) * side);
            Mat plane = new Mat();
            if (isInColour) {
                channel.convertTo(plane, opencv_core.CV_8U, 255 * deviation, 255 * mean);
            } else {
                channel.convertTo(plane, opencv_core.CV_8U, 127.5, 127.5);
            }
            bytes.add(plane);
        }
        Mat[] colours = new Mat[ColorSpace.CHANNELS];
        for (int i = 0; i < colours.length; i++) {
            colours[i] = group.size() == 1
                    ? bytes.get(0)
                    : i < bytes.size() ? bytes.get(i) : new Mat(side, side, opencv_core.CV_8UC1, Scalar.all(MIDDLE));
        }
        Mat rgb = new Mat();
        opencv_core.merge(new MatVector(colours), rgb);
        return rgb;
    }
}
