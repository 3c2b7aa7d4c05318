package io.contrast4j.image;

import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Blurs a picture or sharpens it: a blend with a smoothed one, in which every pixel is the mean of itself, five times,
 * and its eight neighbours, rounded. The outermost pixels stay as they are.
 */
final class Sharpness {
    private static final int CENTRE = 5;
    private static final int WEIGHTS = CENTRE + 8;

    private Sharpness() {}

    /**
     * The changed picture; it belongs to the caller's scope.
     *
     * @param factor 0 smooths, 1 leaves alone, more sharpens
     */
    static Mat adjust(Mat rgb, double factor) {
        Blend blend = new Blend(factor);
        PixelBytes picture = PixelBytes.of(rgb);
        byte[] from = picture.values();
        byte[] to = from.clone();
        int row = picture.width() * PixelBytes.CHANNELS;
        for (int y = 1; y < picture.height() - 1; y++) {
            for (int i = y * row + PixelBytes.CHANNELS; i < (y + 1) * row - PixelBytes.CHANNELS; i++) {
                int value = from[i] & 0xFF;
                int sum = (CENTRE - 1) * value + three(from, i - row) + three(from, i) + three(from, i + row);
                to[i] = (byte) blend.of((2 * sum + WEIGHTS) / (2 * WEIGHTS), value);
            }
        }
        return new PixelBytes(picture.height(), picture.width(), to).toMat();
    }

    private static int three(byte[] values, int i) {
        return (values[i - PixelBytes.CHANNELS] & 0xFF) + (values[i] & 0xFF) + (values[i + PixelBytes.CHANNELS] & 0xFF);
    }
}
