package io.contrast4j.image;

import org.bytedeco.javacpp.BytePointer;
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
     * @return height×width, 8-bit, three channels; it belongs to the caller's scope
     */
    public static Mat resize(Mat rgb, Box box, int height, int width) {
        if (rgb.type() != opencv_core.CV_8UC3) {
            throw new IllegalArgumentException("resampling takes 8-bit pictures of three channels");
        }
        Axis columns = new Axis(box.width(), width);
        Axis rows = new Axis(box.height(), height);
        // Output rows need their source rows in ascending order, so a window of as many rows as there are taps is
        // enough.
        int[][] window = new int[rows.taps][width * CHANNELS];
        int ready = 0;
        byte[] source = new byte[box.width() * CHANNELS];
        int[] sums = new int[width * CHANNELS];
        byte[] target = new byte[width * CHANNELS];
        Mat result = new Mat(height, width, opencv_core.CV_8UC3);
        BytePointer out = result.data();
        for (int y = 0; y < height; y++) {
            int first = rows.first[y];
            int end = first + rows.count[y];
            for (ready = Math.max(ready, first); ready < end; ready++) {
                rgb.ptr(box.top() + ready, box.left()).get(source);
                columns.resample(source, window[ready % rows.taps]);
            }
            rows.combine(y, window, sums);
            for (int i = 0; i < target.length; i++) {
                target[i] = (byte) sums[i];
            }
            out.position((long) y * target.length).put(target);
        }
        out.position(0);
        return result;
    }

    /** The taps of every output position along one axis. */
    private static final class Axis {
        final int taps;
        final int[] first;
        final int[] count;
        final int[] weights;

        Axis(int length, int scaledLength) {
            double scale = (double) length / scaledLength;
            double support = Math.max(scale, 1);
            taps = (int) Math.ceil(support) * 2 + 1;
            first = new int[scaledLength];
            count = new int[scaledLength];
            weights = new int[scaledLength * taps];
            double[] exact = new double[taps];
            for (int x = 0; x < scaledLength; x++) {
                double centre = (x + 0.5) * scale;
                first[x] = Math.max(0, (int) (centre - support + 0.5));
                count[x] = Math.min(length, (int) (centre + support + 0.5)) - first[x];
                double sum = 0;
                for (int k = 0; k < count[x]; k++) {
                    exact[k] = Math.max(0, 1 - Math.abs((first[x] + k - centre + 0.5) * (1 / support)));
                    sum += exact[k];
                }
                for (int k = 0; k < count[x]; k++) {
                    weights[x * taps + k] = (int) (exact[k] * (1 / sum) * (1 << BITS) + 0.5);
                }
            }
        }

        /** One row of pixels along this axis, as values 0…255. */
        void resample(byte[] source, int[] target) {
            for (int x = 0; x < first.length; x++) {
                int red = 1 << (BITS - 1);
                int green = red;
                int blue = red;
                int at = first[x] * CHANNELS;
                int end = x * taps + count[x];
                for (int w = x * taps; w < end; w++, at += CHANNELS) {
                    int weight = weights[w];
                    red += weight * (source[at] & 0xFF);
                    green += weight * (source[at + 1] & 0xFF);
                    blue += weight * (source[at + 2] & 0xFF);
                }
                target[x * CHANNELS] = Math.min(255, red >> BITS);
                target[x * CHANNELS + 1] = Math.min(255, green >> BITS);
                target[x * CHANNELS + 2] = Math.min(255, blue >> BITS);
            }
        }

        /** Output row y out of a ring of rows, as values 0…255. */
        void combine(int y, int[][] ring, int[] sums) {
            java.util.Arrays.fill(sums, 1 << (BITS - 1));
            for (int k = 0; k < count[y]; k++) {
                addScaled(ring[(first[y] + k) % taps], weights[y * taps + k], sums);
            }
            for (int i = 0; i < sums.length; i++) {
                sums[i] = Math.min(255, sums[i] >> BITS);
            }
        }

        private static void addScaled(int[] row, int weight, int[] sums) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += weight * row[i];
            }
        }
    }
}
