package io.contrast4j.prepare;

/**
 * Sums over pixels, exact: of 8-bit values and their squares a long holds those of 10¹⁴ pixels.
 *
 * @param count of pixels
 * @param sum Σx of R, G and B
 * @param squares Σx² of R, G and B
 */
public record PixelSums(long count, long[] sum, long[] squares) {
    static final PixelSums NONE = new PixelSums(0, new long[3], new long[3]);

    private static final double FULL = 255;

    PixelSums plus(PixelSums other) {
        long[] sums = new long[3];
        long[] squared = new long[3];
        for (int channel = 0; channel < 3; channel++) {
            sums[channel] = sum[channel] + other.sum[channel];
            squared[channel] = squares[channel] + other.squares[channel];
        }
        return new PixelSums(count + other.count, sums, squared);
    }

    /** Mean of a channel's values divided by 255. */
    public double mean(int channel) {
        return (double) sum[channel] / count / FULL;
    }

    /** Standard deviation √(Σx²/n − (Σx/n)²) of a channel's values divided by 255. */
    public double std(int channel) {
        double mean = (double) sum[channel] / count;
        return Math.sqrt(Math.max(0, (double) squares[channel] / count - mean * mean)) / FULL;
    }
}
