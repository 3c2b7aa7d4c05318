package io.contrast4j.image;

import java.util.Arrays;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Bilinear resampling with anti-aliasing, byte for byte as Pillow does it.
 *
 * <p>One axis at a time, columns first, with bytes in between. For an axis of n pixels made m long, with scale = n/m
 * and support = max(scale, 1), output x is centred at c = (x + ½)·scale and takes the pixels t from max(0, ⌊c − support
 * + ½⌋) up to but excluding min(n, ⌊c + support + ½⌋), with weights max(0, 1 − |t + ½ − c|/support) that are scaled to
 * sum 1 and rounded to multiples of 2⁻²². The value is (2²¹ + Σ weight·byte) » 22.
 */
public final class Resampling {
    private static final int CHANNELS = 3;
    private static final int BITS = 22;

    /** Rows that are converted between bytes and ints at a time, so that the ints stay in the cache. */
    private static final int BLOCK = 32;

    static {
        OpenCv.prepare();
    }

    private Resampling() {}

    /**
     * The pixels of a box, scaled.
     *
     * @param rgb 8-bit, three channels; pixels outside the box have no influence
     * @param box inside the picture
     * @param height rows of the result
     * @param width columns of the result
     * @return height×width, 8-bit, three channels; it belongs to the caller's scope, and shares the memory of {@code rgb}
     *     if there is nothing to scale
     */
    public static Mat resize(Mat rgb, Box box, int height, int width) {
        if (rgb.type() != opencv_core.CV_8UC3) {
            throw new IllegalArgumentException("resampling takes 8-bit pictures of three channels");
        }
        Mat picture = box.cut(rgb);
        if (width != box.width()) {
            try (Mat columns = transposed(picture);
                    Mat scaled = resizeRows(columns, width)) {
                picture = transposed(scaled);
            }
        }
        return height == box.height() ? picture : resizeRows(picture, height);
    }

    private static Mat transposed(Mat picture) {
        Mat transposed = new Mat();
        opencv_core.transpose(picture, transposed);
        return transposed;
    }

    /**
     * Scales the number of rows. Whole rows of ints are multiplied and added, each an array of its own: a loop that the
     * compiler turns into vectors.
     */
    private static Mat resizeRows(Mat picture, int height) {
        Axis axis = new Axis(picture.rows(), height);
        int width = picture.cols() * CHANNELS;
        Mat result = new Mat(height, picture.cols(), opencv_core.CV_8UC3);
        // Results need their sources in ascending order, so that no more than the largest number of taps is held.
        int[][] window = new int[axis.taps()][width];
        int held = 0;
        int[] sums = new int[width];
        try (Mat source = new Mat();
                Mat target = new Mat(Math.min(BLOCK, height), picture.cols(), opencv_core.CV_32SC3)) {
            for (int y = 0; y < height; y++) {
                int end = axis.first[y] + axis.weights[y].length;
                for (; held < end; held++) {
                    if (held % BLOCK == 0) {
                        rows(picture, held).convertTo(source, opencv_core.CV_32S);
                    }
                    new IntPointer(source.ptr(held % BLOCK)).get(window[held % window.length]);
                }
                axis.weigh(y, window, sums);
                new IntPointer(target.ptr(y % BLOCK)).put(sums);
                if (y % BLOCK == BLOCK - 1 || y == height - 1) {
                    Mat rows = rows(result, y - y % BLOCK);
                    target.rowRange(0, rows.rows()).convertTo(rows, opencv_core.CV_8U);
                }
            }
        }
        return result;
    }

    /** The block of rows that starts here. */
    private static Mat rows(Mat picture, int start) {
        return picture.rowRange(start, Math.min(start + BLOCK, picture.rows()));
    }

    /** The taps of every output position along one axis. */
    private static final class Axis {
        private final int[] first;
        private final int[][] weights;

        Axis(int length, int scaledLength) {
            double scale = (double) length / scaledLength;
            double support = Math.max(scale, 1);
            first = new int[scaledLength];
            weights = new int[scaledLength][];
            for (int x = 0; x < scaledLength; x++) {
                double centre = (x + 0.5) * scale;
                first[x] = Math.max(0, (int) (centre - support + 0.5));
                int end = Math.min(length, (int) (centre + support + 0.5));
                weights[x] = weights(first[x], end, centre, support);
            }
        }

        private static int[] weights(int first, int end, double centre, double support) {
            double[] exact = new double[end - first];
            double sum = 0;
            for (int k = 0; k < exact.length; k++) {
                exact[k] = Math.max(0, 1 - Math.abs((first + k - centre + 0.5) * (1 / support)));
                sum += exact[k];
            }
            int[] rounded = new int[exact.length];
            for (int k = 0; k < exact.length; k++) {
                rounded[k] = (int) (exact[k] * (1 / sum) * (1 << BITS) + 0.5);
            }
            return rounded;
        }

        /** The largest number of taps. */
        int taps() {
            return Arrays.stream(weights).mapToInt(row -> row.length).max().orElseThrow();
        }

        /** Output row y from a window of source rows; values may be above 255 by rounding. */
        void weigh(int y, int[][] window, int[] sums) {
            Arrays.fill(sums, 1 << (BITS - 1));
            for (int k = 0; k < weights[y].length; k++) {
                addScaled(window[(first[y] + k) % window.length], weights[y][k], sums);
            }
            for (int i = 0; i < sums.length; i++) {
                sums[i] >>= BITS;
            }
        }

        private static void addScaled(int[] row, int weight, int[] sums) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += weight * row[i];
            }
        }
    }
}
