package io.contrast4j.image;

import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Rect;

/**
 * A rectangle of pixels.
 *
 * @param top first row
 * @param left first column
 * @param height rows
 * @param width columns
 */
public record Box(int top, int left, int height, int width) {
    /** The whole picture. */
    public static Box of(Mat picture) {
        return new Box(0, 0, picture.rows(), picture.cols());
    }

    /** The part of the picture in this box, sharing its memory; it belongs to the caller's scope. */
    public Mat cut(Mat picture) {
        return new Mat(picture, new Rect(left, top, width, height));
    }
}
