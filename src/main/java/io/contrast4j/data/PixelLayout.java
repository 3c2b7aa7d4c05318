package io.contrast4j.data;

import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * How the pixels of an uncompressed picture are stored: one plane after another, each of one byte per pixel.
 *
 * @param height in pixels
 * @param width in pixels
 * @param planes 3 for red, green and blue, 1 for grey
 * @param order which pixels of a plane are neighbours
 */
record PixelLayout(int height, int width, int planes, Order order) {
    private static final int CHANNELS = 3;

    enum Order {
        ROWS,
        COLUMNS
    }

    /** Bytes of a picture. */
    int size() {
        return height * width * planes;
    }

    /** H×W, 8-bit, RGB order; grey is copied to three channels. It belongs to the caller's scope. */
    Mat toRgb(byte[] stored) {
        byte[] rgb = new byte[height * width * CHANNELS];
        int plane = planes == 1 ? 0 : height * width;
        int right = order == Order.ROWS ? 1 : height;
        int down = order == Order.ROWS ? width : 1;
        int target = 0;
        for (int y = 0; y < height; y++) {
            int source = y * down;
            for (int x = 0; x < width; x++, source += right) {
                rgb[target++] = stored[source];
                rgb[target++] = stored[source + plane];
                rgb[target++] = stored[source + 2 * plane];
            }
        }
        Mat picture = new Mat(height, width, opencv_core.CV_8UC3);
        picture.data().put(rgb);
        return picture;
    }
}
