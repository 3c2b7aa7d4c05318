package io.contrast4j.image;

import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * A picture on the Java heap, for operations that go from pixel to pixel.
 *
 * @param values row by row, pixel by pixel: R, G, B
 */
record PixelBytes(int height, int width, byte[] values) {
    static final int CHANNELS = 3;

    /** Black. */
    PixelBytes(int height, int width) {
        this(height, width, new byte[height * width * CHANNELS]);
    }

    /** A copy of an 8-bit RGB picture. */
    static PixelBytes of(Mat rgb) {
        PixelBytes copy = new PixelBytes(rgb.rows(), rgb.cols());
        int rowBytes = copy.width * CHANNELS;
        if (rgb.isContinuous()) {
            rgb.data().get(copy.values);
        } else {
            for (int row = 0; row < copy.height; row++) {
                rgb.ptr(row).get(copy.values, row * rowBytes, rowBytes);
            }
        }
        return copy;
    }

    /** An 8-bit RGB picture of these values; it belongs to the caller's scope. */
    Mat toMat() {
        Mat rgb = new Mat(height, width, opencv_core.CV_8UC3);
        rgb.data().put(values);
        return rgb;
    }
}
