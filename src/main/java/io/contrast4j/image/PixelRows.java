package io.contrast4j.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * The rows of an 8-bit picture of three channels, a pixel in an int: red in bits 0…7, green in 8…15, blue in 16…23; the
 * bits above mean nothing. It shares the memory of the Mat, and is valid as long as that is.
 */
final class PixelRows {
    private static final int CHANNELS = 3;

    /** Rows that are turned side by side, so that a part of the cache is written once. */
    private static final int ABREAST = 4;

    private static final VarHandle PIXEL = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final ByteBuffer memory;
    private final int step;
    private final int rowBytes;

    PixelRows(Mat picture) {
        step = (int) picture.step();
        rowBytes = picture.cols() * CHANNELS;
        long size = (picture.rows() - 1L) * step + rowBytes;
        BytePointer data = picture.data();
        memory = data.capacity(size).asByteBuffer();
    }

    /** The size of the array that {@link #readTurned} takes. */
    int scratch() {
        return ABREAST * rowBytes + 1;
    }

    /** Pixel x of row {@code top + i} goes to {@code columns[x·stride + i]}. */
    void readTurned(int top, int count, int[] columns, int stride, byte[] scratch) {
        for (int i = 0; i < count; i += ABREAST) {
            int rows = Math.min(ABREAST, count - i);
            for (int row = 0; row < rows; row++) {
                memory.get((top + i + row) * step, scratch, row * rowBytes, rowBytes);
            }
            // Fewer than four rows leave behind them what nobody reads.
            turn(scratch, rowBytes, columns, i, stride);
        }
    }

    private static void turn(byte[] rows, int rowBytes, int[] columns, int start, int stride) {
        int second = rowBytes;
        int third = 2 * rowBytes;
        int fourth = 3 * rowBytes;
        int to = start;
        for (int at = 0; at < rowBytes; at += CHANNELS) {
            columns[to] = (int) PIXEL.get(rows, at);
            columns[to + 1] = (int) PIXEL.get(rows, second + at);
            columns[to + 2] = (int) PIXEL.get(rows, third + at);
            columns[to + 3] = (int) PIXEL.get(rows, fourth + at);
            to += stride;
        }
    }

    /** Writes a row. */
    void write(int row, int[] pixels, byte[] scratch) {
        int x = 0;
        for (int at = 0; at < rowBytes; at += CHANNELS) {
            // The fourth byte is overwritten by the next pixel.
            PIXEL.set(scratch, at, pixels[x++]);
        }
        memory.put(row * step, scratch, 0, rowBytes);
    }
}
