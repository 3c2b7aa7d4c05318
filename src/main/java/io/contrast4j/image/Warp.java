package io.contrast4j.image;

import org.bytedeco.opencv.opencv_core.Mat;

/**
 * An affine map of the plane, x to the right and y downwards, that says which place of the old picture each place of the
 * new one shows: (xx·x + xy·y + x0, yx·x + yy·y + y0).
 */
record Warp(double xx, double xy, double x0, double yx, double yy, double y0) {
    private static final int BITS = 16;

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
     * The picture, mapped: every pixel is the old one that its centre falls on, or black if that is outside. Places are
     * counted in whole numbers of 2⁻¹⁶ pixels, as Pillow does. The result has the same size and belongs to the caller's
     * scope.
     */
    Mat apply(Mat rgb) {
        PixelBytes from = PixelBytes.of(rgb);
        PixelBytes to = new PixelBytes(from.height(), from.width());
        long column = fixed(xx);
        long columnY = fixed(yx);
        int i = 0;
        for (int row = 0; row < from.height(); row++) {
            long x = fixed(x0 + xx / 2 + xy / 2) + row * fixed(xy);
            long y = fixed(y0 + yx / 2 + yy / 2) + row * fixed(yy);
            for (int k = 0; k < from.width(); k++, x += column, y += columnY, i += PixelBytes.CHANNELS) {
                long fromX = x >> BITS;
                long fromY = y >> BITS;
                if (fromX >= 0 && fromX < from.width() && fromY >= 0 && fromY < from.height()) {
                    int source = (int) (fromY * from.width() + fromX) * PixelBytes.CHANNELS;
                    System.arraycopy(from.values(), source, to.values(), i, PixelBytes.CHANNELS);
                }
            }
        }
        return to.toMat();
    }

    private static long fixed(double value) {
        return (long) Math.floor(value * (1 << BITS) + 0.5);
    }
}
