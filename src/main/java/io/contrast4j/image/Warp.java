package io.contrast4j.image;

import org.bytedeco.opencv.opencv_core.Mat;

/**
 * An affine map of the plane, x to the right and y downwards, that says which place of the old picture each place of the
 * new one shows: (xx·x + xy·y + x0, yx·x + yy·y + y0).
 */
record Warp(double xx, double xy, double x0, double yx, double yy, double y0) {
    /** Rows move to the left by {@code slope} pixels for each one further down. */
    static Warp shearX(double slope) {
        return new Warp(1, slope, 0, 0, 1, 0);
    }

    /** Columns move up by {@code slope} pixels for each one further to the right. */
    static Warp shearY(double slope) {
        return new Warp(1, 0, 0, slope, 1, 0);
    }

    /** Moves the content to the left and up. */
    static Warp translate(double left, double up) {
        return new Warp(1, 0, left, 0, 1, up);
    }

    /** Turns the content about the middle of the picture, against the clock. */
    static Warp rotate(double degrees, int height, int width) {
        double cosine = Math.cos(Math.toRadians(degrees));
        double sine = Math.sin(Math.toRadians(degrees));
        double x = width / 2.0;
        double y = height / 2.0;
        return new Warp(cosine, -sine, x - cosine * x + sine * y, sine, cosine, y - sine * x - cosine * y);
    }

    /**
     * The picture, mapped: every pixel is the old one that its centre falls on, or black if that is outside. It has the
     * same size and belongs to the caller's scope.
     */
    Mat apply(Mat rgb) {
        PixelBytes from = PixelBytes.of(rgb);
        PixelBytes to = new PixelBytes(from.height(), from.width());
        int i = 0;
        for (int row = 0; row < from.height(); row++) {
            for (int column = 0; column < from.width(); column++, i += PixelBytes.CHANNELS) {
                double x = xx * (column + 0.5) + xy * (row + 0.5) + x0;
                double y = yx * (column + 0.5) + yy * (row + 0.5) + y0;
                if (x >= 0 && x < from.width() && y >= 0 && y < from.height()) {
                    int k = ((int) y * from.width() + (int) x) * PixelBytes.CHANNELS;
                    to.values()[i] = from.values()[k];
                    to.values()[i + 1] = from.values()[k + 1];
                    to.values()[i + 2] = from.values()[k + 2];
                }
            }
        }
        return to.toMat();
    }
}
