package io.contrast4j.image;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/** Pictures from arrays and back. */
public final class Mats {
    private Mats() {}

    /** An 8-bit RGB picture of these values, row by row, pixel by pixel. */
    public static Mat rgb(int height, int width, byte[] values) {
        Mat picture = new Mat(height, width, opencv_core.CV_8UC3);
        picture.data().put(values);
        return picture;
    }

    /** The bytes of an 8-bit picture, row by row, pixel by pixel. */
    public static byte[] bytes(Mat picture) {
        Mat whole = picture.clone();
        byte[] bytes = new byte[whole.rows() * whole.cols() * whole.channels()];
        whole.data().get(bytes);
        return bytes;
    }

    /** The values of a picture of any depth, row by row, pixel by pixel. */
    public static double[] doubles(Mat picture) {
        Mat wide = new Mat();
        picture.convertTo(wide, opencv_core.CV_64F);
        double[] values = new double[wide.rows() * wide.cols() * wide.channels()];
        new DoublePointer(wide.data()).get(values);
        return values;
    }
}
