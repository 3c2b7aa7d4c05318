package io.contrast4j.image;

/**
 * Makes another number of lines out of lines of pixels. Lines are added in their order, and held as three planes of ints
 * for as long as they are needed. It can be used again, and keeps its arrays.
 *
 * <p>The loops have an array of its own for each operand, and start at its begin: else the compiler would not turn them
 * into vectors. Copying to and from such arrays costs little.
 */
final class LineScaler {
    private static final int COLOURS = 3;

    private Taps taps = Taps.of(1, 1);
    private int length;
    private int added;
    private int[][][] window = {};
    private int[][] sums = {};
    private int[] pixels = {};

    /**
     * Begins with other lines.
     *
     * @param lines that will be added
     * @param outputs that they become
     * @param length pixels in a line
     */
    void start(int lines, int outputs, int length) {
        this.length = length;
        taps = Taps.of(lines, outputs);
        int most = taps.most();
        if (window.length < most || pixels.length < length) {
            int largest = Math.max(length, pixels.length);
            window = new int[Math.max(most, window.length)][COLOURS][largest];
            sums = new int[COLOURS][largest];
            pixels = new int[largest];
        }
        rewind();
    }

    /** Begins with other lines of the same number and length. */
    void rewind() {
        added = 0;
    }

    /** Whether all lines were added that an output is made of. */
    boolean ready(int output) {
        return taps.end(output) <= added;
    }

    /** Adds a line; outputs that are ready must have been taken before. */
    void add(int[] source, int from) {
        System.arraycopy(source, from, pixels, 0, length);
        int[][] line = window[added++ % window.length];
        split(pixels, line[0], line[1], line[2], length);
    }

    /** Writes an output that is ready. */
    void take(int output, int[] target, int to) {
        taps.weigh(output, window, sums, pixels, length);
        System.arraycopy(pixels, 0, target, to, length);
    }

    private static void split(int[] pixels, int[] red, int[] green, int[] blue, int length) {
        for (int i = 0; i < length; i++) {
            int pixel = pixels[i];
            red[i] = pixel & 0xFF;
            green[i] = pixel >>> 8 & 0xFF;
            blue[i] = pixel >>> 16 & 0xFF;
        }
    }
}
