package io.contrast4j.image;

import java.util.function.IntUnaryOperator;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * A map from bytes to bytes for each channel.
 *
 * @param table 256 pixels of three bytes: what becomes of 0, of 1, …
 */
record ToneCurve(byte[] table) {
    private static final int LEVELS = 256;
    private static final int CHANNELS = 3;

    /** The same for all channels; the results are cut to 0…255. */
    static ToneCurve of(IntUnaryOperator curve) {
        return of(curve, curve, curve);
    }

    private static ToneCurve of(IntUnaryOperator... curves) {
        byte[] table = new byte[LEVELS * CHANNELS];
        for (int i = 0; i < table.length; i++) {
            table[i] = (byte) Math.max(0, Math.min(255, curves[i % CHANNELS].applyAsInt(i / CHANNELS)));
        }
        return new ToneCurve(table);
    }

    /** The picture with all its values mapped; it belongs to the caller's scope. */
    Mat apply(Mat rgb) {
        OpenCv.prepare();
        Mat result = new Mat();
        try (Mat lookUp = new Mat(1, LEVELS, opencv_core.CV_8UC3)) {
            lookUp.data().put(table);
            opencv_core.LUT(rgb, lookUp, result);
        }
        return result;
    }

    /** Keeps the highest bits of every value. */
    static ToneCurve posterize(int bits) {
        return of(value -> value & -1 << 8 - bits);
    }

    /** Adds to the values, then inverts those from 128. */
    static ToneCurve solarizeAdd(double addition) {
        return of(value -> {
            int sum = (int) Math.max(0, Math.min(255, value + addition));
            return sum < 128 ? sum : 255 - sum;
        });
    }

    /** Stretches each channel of this picture to 0…255. */
    static ToneCurve autoContrast(Mat rgb) {
        IntUnaryOperator[] curves = new IntUnaryOperator[CHANNELS];
        int[][] counts = histograms(rgb);
        for (int channel = 0; channel < CHANNELS; channel++) {
            int low = 0;
            while (counts[channel][low] == 0) {
                low++;
            }
            int high = highest(counts[channel]);
            double scale = 255.0 / (high - low);
            double offset = -low * scale;
            curves[channel] = high > low ? value -> (int) (value * scale + offset) : IntUnaryOperator.identity();
        }
        return of(curves);
    }

    /**
     * Evens out the histogram of each channel of this picture: level i becomes ⌊(⌊step/2⌋ + number of values below
     * i)/step⌋, where step = ⌊number of values below the highest level/255⌋.
     */
    static ToneCurve equalize(Mat rgb) {
        IntUnaryOperator[] curves = new IntUnaryOperator[CHANNELS];
        int[][] counts = histograms(rgb);
        for (int channel = 0; channel < CHANNELS; channel++) {
            int[] below = new int[LEVELS];
            for (int level = 1; level < LEVELS; level++) {
                below[level] = below[level - 1] + counts[channel][level - 1];
            }
            int step = below[highest(counts[channel])] / 255;
            curves[channel] = step > 0 ? value -> (step / 2 + below[value]) / step : IntUnaryOperator.identity();
        }
        return of(curves);
    }

    private static int highest(int[] counts) {
        int level = LEVELS - 1;
        while (counts[level] == 0) {
            level--;
        }
        return level;
    }

    private static int[][] histograms(Mat rgb) {
        int[][] counts = new int[CHANNELS][LEVELS];
        byte[] values = PixelBytes.of(rgb).values();
        for (int i = 0; i < values.length; i++) {
            counts[i % CHANNELS][values[i] & 0xFF]++;
        }
        return counts;
    }
}
