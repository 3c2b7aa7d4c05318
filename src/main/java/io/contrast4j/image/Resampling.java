package io.contrast4j.image;

import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Bilinear resampling with anti-aliasing, byte for byte as Pillow does it.
 *
 * <p>One axis at a time, columns first, with bytes in between. For an axis of n pixels made m long, with scale = n/m
 * and support = max(scale, 1), output x is centred at c = (x + ½)·scale and takes the pixels t from max(0, ⌊c − support
 * + ½⌋) up to but excluding min(n, ⌊c + support + ½⌋), with weights max(0, 1 − |t + ½ − c|/support) that are scaled to
 * sum 1 and rounded to multiples of 2⁻²². The value is (2²¹ + Σ weight·byte) » 22.
 *
 * <p>Both passes add whole {@linkplain LineScaler lines}, a loop that the compiler turns into vectors: for the columns,
 * blocks of rows are turned first and turned back afterwards.
 */
public final class Resampling {
    /** Rows that are turned at a time, at most: loops over long columns are faster, and columns must stay in the cache. */
    private static final int LARGEST_BLOCK = 400;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

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
        if (height == box.height() && width == box.width()) {
            return picture;
        }
        Mat result = new Mat(height, width, opencv_core.CV_8UC3);
        SCRATCH.get().scale(picture, result);
        return result;
    }

    /**
     * The arrays of a thread, so that pictures leave no garbage behind. They are on the Java heap and go with their
     * thread.
     */
    private static final class Scratch {
        private final LineScaler across = new LineScaler();
        private final LineScaler down = new LineScaler();
        private int[] columns = {};
        private int[] scaledColumns = {};
        private int[] rows = {};
        private int[] row = {};
        private byte[] bytes = {};

        void scale(Mat source, Mat result) {
            PixelRows from = new PixelRows(source);
            PixelRows to = new PixelRows(result);
            int height = source.rows();
            int width = result.cols();
            int newHeight = result.rows();
            int block = block(height);
            columns = atLeast(columns, (long) source.cols() * block);
            scaledColumns = atLeast(scaledColumns, (long) width * block);
            rows = atLeast(rows, (long) width * block);
            int rowBytes = Math.max(from.scratch(), to.scratch());
            bytes = bytes.length >= rowBytes ? bytes : new byte[rowBytes];
            row = atLeast(row, width);
            across.start(source.cols(), width, block);
            down.start(height, newHeight, width);
            int y = 0;
            for (int top = 0; top < height; top += block) {
                int count = Math.min(block, height - top);
                from.readTurned(top, count, columns, block, bytes);
                scaleColumns(width, block);
                turnBack(scaledColumns, block, rows, width);
                for (int i = 0; i < count; i++) {
                    down.add(rows, i * width);
                    for (; y < newHeight && down.ready(y); y++) {
                        down.take(y, row, 0);
                        to.write(y, row, bytes);
                    }
                }
            }
        }

        private void scaleColumns(int width, int block) {
            across.rewind();
            int added = 0;
            for (int x = 0; x < width; x++) {
                while (!across.ready(x)) {
                    across.add(columns, added++ * block);
                }
                across.take(x, scaledColumns, x * block);
            }
        }

        /** From columns of pixels to rows, four at a time. */
        private static void turnBack(int[] columns, int block, int[] rows, int width) {
            for (int i = 0; i < block; i += 4) {
                int at = i;
                int first = i * width;
                int second = first + width;
                int third = second + width;
                int fourth = third + width;
                for (int x = 0; x < width; x++) {
                    rows[first + x] = columns[at];
                    rows[second + x] = columns[at + 1];
                    rows[third + x] = columns[at + 2];
                    rows[fourth + x] = columns[at + 3];
                    at += block;
                }
            }
        }

        /** Rows in a block, so that all blocks are nearly the same: a multiple of four. */
        private static int block(int height) {
            int blocks = (height + LARGEST_BLOCK - 1) / LARGEST_BLOCK;
            return ((height + blocks - 1) / blocks + 3) / 4 * 4;
        }

        private static int[] atLeast(int[] held, long size) {
            return held.length >= size ? held : new int[Math.toIntExact(size)];
        }
    }
}
