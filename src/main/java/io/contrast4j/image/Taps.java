package io.contrast4j.image;

import java.util.Arrays;

/**
 * The source positions of every output position along one axis, and their weights in multiples of 2⁻²²; see {@link
 * Resampling}.
 */
final class Taps {
    private static final int BITS = 22;
    private static final int HALF = 1 << (BITS - 1);

    /** Output x starts at source position first[x] and has the weights from start[x] up to start[x + 1]. */
    private final int[] first;

    private final int[] start;
    private final int[] weights;

    private Taps(int outputs, int most) {
        first = new int[outputs];
        start = new int[outputs + 1];
        weights = new int[Math.toIntExact((long) outputs * most)];
    }

    /** @param length number of source positions */
    static Taps of(int length, int outputs) {
        double scale = (double) length / outputs;
        double support = Math.max(scale, 1);
        double[] exact = new double[(int) Math.ceil(support) * 2 + 1];
        Taps taps = new Taps(outputs, exact.length);
        for (int x = 0; x < outputs; x++) {
            double centre = (x + 0.5) * scale;
            int from = Math.max(0, (int) (centre - support + 0.5));
            int count = Math.min(length, (int) (centre + support + 0.5)) - from;
            double sum = 0;
            for (int k = 0; k < count; k++) {
                exact[k] = Math.max(0, 1 - Math.abs((from + k - centre + 0.5) * (1 / support)));
                sum += exact[k];
            }
            taps.first[x] = from;
            int at = taps.start[x];
            for (int k = 0; k < count; k++) {
                taps.weights[at + k] = (int) (exact[k] * (1 / sum) * (1 << BITS) + 0.5);
            }
            taps.start[x + 1] = at + count;
        }
        return taps;
    }

    /** The largest number of source positions of an output position. */
    int most() {
        int most = 0;
        for (int x = 0; x < first.length; x++) {
            most = Math.max(most, start[x + 1] - start[x]);
        }
        return most;
    }

    /** The source position after the last of an output position. */
    int end(int x) {
        return first[x] + start[x + 1] - start[x];
    }

    /**
     * Output position x of many pixels at once: (2²¹ + Σ weight·byte) » 22 for every colour. The usual numbers of taps have a
     * loop each, which the compiler turns into vectors; it does not where all colours are done in one.
     *
     * @param lines red, green and blue of a line each; source position t is in {@code lines[t % lines.length]}
     * @param sums as long as a line
     * @param pixels what comes out, packed
     * @param length pixels, from the first
     */
    void weigh(int x, int[][][] lines, int[][] sums, int[] pixels, int length) {
        for (int colour = 0; colour < sums.length; colour++) {
            weigh(x, lines, colour, sums[colour], length);
        }
        merge(sums[0], sums[1], sums[2], pixels, length);
    }

    private static void merge(int[] red, int[] green, int[] blue, int[] pixels, int length) {
        for (int i = 0; i < length; i++) {
            pixels[i] = red[i] | green[i] << 8 | blue[i] << 16;
        }
    }

    private void weigh(int x, int[][][] lines, int colour, int[] target, int length) {
        int n = lines.length;
        int t = first[x];
        int w = start[x];
        int[] a = lines[t % n][colour];
        switch (start[x + 1] - w) {
            case 1 -> System.arraycopy(a, 0, target, 0, length);
            case 2 -> weigh(a, weights[w], lines[(t + 1) % n][colour], weights[w + 1], target, length);
            case 3 ->
                weigh(
                        a,
                        weights[w],
                        lines[(t + 1) % n][colour],
                        weights[w + 1],
                        lines[(t + 2) % n][colour],
                        weights[w + 2],
                        target,
                        length);
            case 4 ->
                weigh(
                        a,
                        weights[w],
                        lines[(t + 1) % n][colour],
                        weights[w + 1],
                        lines[(t + 2) % n][colour],
                        weights[w + 2],
                        lines[(t + 3) % n][colour],
                        weights[w + 3],
                        target,
                        length);
            default -> weighMany(x, lines, colour, target, length);
        }
    }

    private static void weigh(int[] a, int wa, int[] b, int wb, int[] target, int length) {
        for (int i = 0; i < length; i++) {
            target[i] = (wa * a[i] + wb * b[i] + HALF) >>> BITS;
        }
    }

    private static void weigh(int[] a, int wa, int[] b, int wb, int[] c, int wc, int[] target, int length) {
        for (int i = 0; i < length; i++) {
            target[i] = (wa * a[i] + wb * b[i] + wc * c[i] + HALF) >>> BITS;
        }
    }

    private static void weigh(
            int[] a, int wa, int[] b, int wb, int[] c, int wc, int[] d, int wd, int[] target, int length) {
        for (int i = 0; i < length; i++) {
            target[i] = (wa * a[i] + wb * b[i] + wc * c[i] + wd * d[i] + HALF) >>> BITS;
        }
    }

    private void weighMany(int x, int[][][] lines, int colour, int[] target, int length) {
        Arrays.fill(target, 0, length, HALF);
        int t = first[x];
        int end = start[x + 1];
        int w = start[x];
        for (; w < end - 1; w += 2, t += 2) {
            int[] a = lines[t % lines.length][colour];
            int[] b = lines[(t + 1) % lines.length][colour];
            add(a, weights[w], b, weights[w + 1], target, length);
        }
        if (w < end) {
            int[] last = lines[t % lines.length][colour];
            add(last, weights[w], last, 0, target, length);
        }
        for (int i = 0; i < length; i++) {
            // Very many rounded weights can sum up to more than 1.
            target[i] = Math.min(target[i] >>> BITS, 255);
        }
    }

    private static void add(int[] a, int wa, int[] b, int wb, int[] target, int length) {
        for (int i = 0; i < length; i++) {
            target[i] += wa * a[i] + wb * b[i];
        }
    }
}
