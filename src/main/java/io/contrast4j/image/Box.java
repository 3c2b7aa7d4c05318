package io.contrast4j.image;

import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Rect;
import org.bytedeco.opencv.opencv_core.Scalar;

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

    /** The part of this box that is inside the picture; its height or width is 0 if there is none. */
    Box within(Mat picture) {
        int firstRow = Math.max(0, Math.min(picture.rows(), top));
        int firstColumn = Math.max(0, Math.min(picture.cols(), left));
        int endRow = Math.max(firstRow, Math.min(picture.rows(), top + height));
        int endColumn = Math.max(firstColumn, Math.min(picture.cols(), left + width));
        return new Box(firstRow, firstColumn, endRow - firstRow, endColumn - firstColumn);
    }

    /** Gives this box one colour, as far as it is inside of the picture. */
    public void paint(Mat picture, Scalar colour) {
        Box inside = within(picture);
        if (inside.height > 0 && inside.width > 0) {
            inside.cut(picture).put(colour);
        }
    }

    /** A copy of the picture in which this box has one colour, as far as it is inside; it belongs to the caller's scope. */
    Mat painted(Mat picture, int red, int green, int blue) {
        Mat copy = picture.clone();
        paint(copy, new Scalar(red, green, blue, 0));
        return copy;
    }
}
