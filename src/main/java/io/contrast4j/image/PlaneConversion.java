package io.contrast4j.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.MatVector;

/**
 * From 8-bit RGB pictures to three float32 planes in one pass over the pixels: a table for each byte, an affine map, for
 * Lab the cube root curve and another affine map. What lies between fits the processor's cache, so that it takes half as
 * long as the same steps on whole pictures.
 *
 * @param table the value of every byte
 * @param first the map of what the table says
 * @param slope of the line that continues the curve's root; 0 for no curve
 * @param afterCurve the map of what the curve says
 */
record PlaneConversion(float[] table, Affine first, float slope, Affine afterCurve) {
    private static final int CHANNELS = 3;

    /** Pixels at a time, or a row if that is longer. */
    private static final int CHUNK = 1536;

    /** Byte/255. */
    static final float[] FRACTIONS = table(v -> v);

    /** Byte/255, linearised. */
    static final float[] LIGHT = table(ColorFormulas::linearised);

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    /** The values of a function at byte/255, for every byte. */
    static float[] table(DoubleUnaryOperator function) {
        float[] table = new float[256];
        for (int i = 0; i < table.length; i++) {
            table[i] = (float) function.applyAsDouble(i / 255.0);
        }
        return table;
    }

    /** An affine map of what the table says. */
    static PlaneConversion affine(float[] table, Affine map) {
        return new PlaneConversion(table, map, 0, Affine.IDENTITY);
    }

    /** An affine map of what the table says, the curve on every channel, and another affine map. */
    static PlaneConversion curved(float[] table, Affine map, double slope, Affine afterCurve) {
        return new PlaneConversion(table, map, (float) slope, afterCurve);
    }

    /**
     * Writes the planes of a picture.
     *
     * @param rgb H×W, 8-bit, three channels
     * @param planes three, H×W, float32, without gaps between rows
     */
    void apply(Mat rgb, List<Mat> planes) {
        int height = rgb.rows();
        int width = rgb.cols();
        if (table == FRACTIONS && slope == 0 && first.isDiagonal()) {
            scale(rgb, planes);
            return;
        }
        int step = (int) rgb.step();
        int rowBytes = width * CHANNELS;
        BytePointer data = rgb.data();
        ByteBuffer bytes = data.capacity((height - 1L) * step + rowBytes).asByteBuffer();
        List<FloatBuffer> values = planes.stream().map(PlaneConversion::floats).toList();
        Scratch scratch = SCRATCH.get();
        int rows = Math.max(1, CHUNK / width);
        scratch.reserve(rows * width);
        for (int top = 0; top < height; top += rows) {
            int count = Math.min(rows, height - top);
            for (int row = 0; row < count; row++) {
                bytes.get((top + row) * step, scratch.bytes, row * rowBytes, rowBytes);
            }
            convert(scratch, count * width);
            for (int plane = 0; plane < CHANNELS; plane++) {
                values.get(plane).put(top * width, scratch.out[plane], 0, count * width);
            }
        }
    }

    private static FloatBuffer floats(Mat plane) {
        BytePointer memory = plane.data();
        return memory.capacity(plane.total() * Float.BYTES)
                .asByteBuffer()
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /** Where no channel needs another one, OpenCV is fastest. */
    private void scale(Mat rgb, List<Mat> planes) {
        MatVector channels = new MatVector();
        opencv_core.split(rgb, channels);
        for (int i = 0; i < CHANNELS; i++) {
            double scale = first.rows()[i][i] / 255;
            channels.get(i).convertTo(planes.get(i), opencv_core.CV_32F, scale, first.offset()[i]);
        }
    }

    private void convert(Scratch scratch, int pixels) {
        lookUp(scratch.bytes, table, scratch.in[0], scratch.in[1], scratch.in[2], pixels);
        map(first, scratch.in, scratch.out, pixels);
        if (slope > 0) {
            for (float[] channel : scratch.out) {
                CubeRootCurve.inFloat32(channel, scratch.bright, scratch.dark, slope, pixels);
            }
            float[][] curved = scratch.out;
            scratch.out = scratch.in;
            scratch.in = curved;
            map(afterCurve, scratch.in, scratch.out, pixels);
        }
    }

    private static void lookUp(byte[] rgb, float[] table, float[] red, float[] green, float[] blue, int pixels) {
        int at = 0;
        for (int i = 0; i < pixels; i++) {
            red[i] = table[rgb[at] & 0xFF];
            green[i] = table[rgb[at + 1] & 0xFF];
            blue[i] = table[rgb[at + 2] & 0xFF];
            at += CHANNELS;
        }
    }

    private static void map(Affine map, float[][] in, float[][] out, int pixels) {
        for (int channel = 0; channel < CHANNELS; channel++) {
            double[] row = map.rows()[channel];
            float offset = (float) map.offset()[channel];
            weigh(in[0], in[1], in[2], (float) row[0], (float) row[1], (float) row[2], offset, out[channel], pixels);
        }
    }

    private static void weigh(
            float[] a, float[] b, float[] c, float wa, float wb, float wc, float offset, float[] out, int pixels) {
        for (int i = 0; i < pixels; i++) {
            out[i] = wa * a[i] + wb * b[i] + wc * c[i] + offset;
        }
    }

    /** The arrays of a thread; they are on the Java heap and go with their thread. */
    private static final class Scratch {
        private byte[] bytes = {};
        private float[][] in = new float[CHANNELS][0];
        private float[][] out = new float[CHANNELS][0];
        private float[] bright = {};
        private float[] dark = {};

        void reserve(int pixels) {
            if (dark.length < pixels) {
                bytes = new byte[pixels * CHANNELS];
                in = new float[CHANNELS][pixels];
                out = new float[CHANNELS][pixels];
                bright = new float[pixels];
                dark = new float[pixels];
            }
        }
    }
}
