package io.contrast4j.image;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * The curve of Lab and Luv: ∛t where t > 0.008856, else slope·t + intercept, with a line that continues the root to
 * within 4·10⁻⁷.
 *
 * <p>In float32, where training spends its time, the root is a quadratic start (14 % off at most) and two of Halley's
 * steps r ← r·(r³ + 2t)/(2r³ + t), each of which cubes the relative error: 2·10⁻⁷ is left, the rounding of float32. It is
 * cut into loops so short and free of branches that the compiler turns each into vectors; OpenCV's power takes three times
 * as long.
 */
final class CubeRootCurve {
    static final float DARK = 0.008856f;

    /** Values that are in the processor's first cache at a time. */
    private static final int CHUNK = 2048;

    private CubeRootCurve() {}

    /**
     * Applies the curve in place.
     *
     * @param t floating-point values in 0…1, without gaps between rows
     * @return the same Mat
     */
    static Mat apply(Mat t, double slope, double intercept) {
        int size = (int) t.total() * t.channels();
        if (t.depth() == opencv_core.CV_64F) {
            DoublePointer memory = new DoublePointer(t.data());
            double[] values = new double[size];
            memory.get(values);
            inFloat64(values, slope, intercept);
            memory.put(values);
        } else {
            FloatPointer memory = new FloatPointer(t.data());
            float[] values = new float[Math.min(CHUNK, size)];
            float[] bright = new float[values.length];
            float[] dark = new float[values.length];
            for (int start = 0; start < size; start += CHUNK) {
                int length = Math.min(CHUNK, size - start);
                memory.position(start).get(values, 0, length);
                inFloat32(values, bright, dark, (float) slope, length);
                memory.put(values, 0, length);
            }
        }
        return t;
    }

    private static void inFloat64(double[] t, double slope, double intercept) {
        for (int i = 0; i < t.length; i++) {
            t[i] = t[i] > 0.008856 ? Math.cbrt(t[i]) : slope * t[i] + intercept;
        }
    }

    /**
     * Applies the curve to the first values of an array. The intercept is what makes it continuous.
     *
     * @param bright as long as {@code t}, to work in
     * @param dark as long as {@code t}, to work in
     */
    static void inFloat32(float[] t, float[] bright, float[] dark, float slope, int length) {
        separate(t, bright, dark, length);
        startAndStep(bright, t, length);
        stepAndAdd(bright, dark, slope, t, length);
    }

    /** Sets bright = max(t, 0.008856) and dark = min(t − 0.008856, 0), whose sum is t. */
    private static void separate(float[] t, float[] bright, float[] dark, int length) {
        for (int i = 0; i < length; i++) {
            float over = t[i] - DARK;
            float under = 0.5f * (over - Math.abs(over));
            dark[i] = under;
            bright[i] = t[i] - under;
        }
    }

    private static void startAndStep(float[] t, float[] root, int length) {
        for (int i = 0; i < length; i++) {
            float r = 0.21695534f + t[i] * (2.09748873f - 1.45207442f * t[i]);
            float cube = r * r * r;
            root[i] = r * (cube + 2 * t[i]) / (2 * cube + t[i]);
        }
    }

    private static void stepAndAdd(float[] t, float[] addend, float factor, float[] root, int length) {
        for (int i = 0; i < length; i++) {
            float r = root[i];
            float cube = r * r * r;
            root[i] = r * (cube + 2 * t[i]) / (2 * cube + t[i]) + factor * addend[i];
        }
    }
}
