package io.contrast4j.prepare;

import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.opencv_core.Mat;

/** Goes through the pixels of one picture after the other. For one thread. */
final class PixelReader {
    private static final int CHANNELS = 3;
    /** Whole pixels, and little enough to stay in the processor's cache. */
    private static final int BLOCK = CHANNELS << 16;

    private final byte[] block = new byte[BLOCK];
    private final CRC32 low = new CRC32();
    private final CRC32C high = new CRC32C();
    private PixelSums sums = PixelSums.NONE;
    private int differences;

    /** Reads a picture, 8-bit RGB, in a scope of the caller's. */
    void read(Mat rgb) {
        Mat dense = rgb.isContinuous() ? rgb : rgb.clone();
        sums = PixelSums.NONE;
        differences = 0;
        low.reset();
        high.reset();
        number(dense.rows());
        number(dense.cols());
        long length = (long) dense.rows() * dense.cols() * CHANNELS;
        BytePointer data = dense.data();
        for (long start = 0; start < length; start += BLOCK) {
            int size = (int) Math.min(BLOCK, length - start);
            data.position(start).get(block, 0, size);
            low.update(block, 0, size);
            high.update(block, 0, size);
            sums = sums.plus(sums(size));
        }
    }

    private void number(int value) {
        for (int part = 0; part < Integer.BYTES; part++) {
            low.update(value >> 8 * part);
            high.update(value >> 8 * part);
        }
    }

    private PixelSums sums(int size) {
        long red = 0;
        long green = 0;
        long blue = 0;
        long redSquares = 0;
        long greenSquares = 0;
        long blueSquares = 0;
        int different = 0;
        for (int at = 0; at < size; at += CHANNELS) {
            int r = block[at] & 0xFF;
            int g = block[at + 1] & 0xFF;
            int b = block[at + 2] & 0xFF;
            red += r;
            green += g;
            blue += b;
            redSquares += r * r;
            greenSquares += g * g;
            blueSquares += b * b;
            different |= (r ^ g) | (g ^ b);
        }
        differences |= different;
        return new PixelSums(
                size / CHANNELS, new long[] {red, green, blue}, new long[] {redSquares, greenSquares, blueSquares});
    }

    PixelSums sums() {
        return sums;
    }

    /** Whether its three channels are the same. */
    boolean grey() {
        return differences == 0;
    }

    /**
     * 64 bits of size and pixels: two check sums of different polynomials. The processor has instructions for both, unlike
     * for a longer hash.
     */
    long hash() {
        return high.getValue() << 32 | low.getValue();
    }
}
