package io.contrast4j.image;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * An affine map of the three channels of a pixel: {@code out = rows·pixel + offset}.
 *
 * @param rows as many as the result has channels, three columns each
 * @param offset one for each row
 */
record Affine(double[][] rows, double[] offset) {
    private static final int CHANNELS = 3;

    static final Affine IDENTITY = linear(new double[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});

    static Affine linear(double[][] rows) {
        return new Affine(rows, new double[rows.length]);
    }

    /** Whether every result comes of the channel in its place alone. */
    boolean isDiagonal() {
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < CHANNELS; j++) {
                if (i != j && rows[i][j] != 0) {
                    return false;
                }
            }
        }
        return rows.length == CHANNELS;
    }

    /** The map of pixels that are multiplied by a factor first. */
    Affine ofScaled(double factor) {
        double[][] scaled = new double[rows.length][CHANNELS];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < CHANNELS; j++) {
                scaled[i][j] = rows[i][j] * factor;
            }
        }
        return new Affine(scaled, offset);
    }

    /** The map followed by (value − mean)/deviation. */
    Affine then(Normalization normalization) {
        double[][] divided = new double[rows.length][CHANNELS];
        double[] moved = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            double deviation = normalization.deviation().get(i);
            for (int j = 0; j < CHANNELS; j++) {
                divided[i][j] = rows[i][j] / deviation;
            }
            moved[i] = (offset[i] - normalization.mean().get(i)) / deviation;
        }
        return new Affine(divided, moved);
    }

    /** The map back; there must be as many rows as columns and no offset. */
    Affine inverse() {
        Mat inverse = new Mat();
        opencv_core.invert(matrix(rows), inverse);
        double[][] found = new double[CHANNELS][CHANNELS];
        DoublePointer values = new DoublePointer(inverse.data());
        for (int i = 0; i < CHANNELS; i++) {
            values.position((long) i * CHANNELS).get(found[i]);
        }
        return linear(found);
    }

    /** Maps every pixel of a floating-point picture; the result has its depth and belongs to the caller's scope. */
    Mat apply(Mat picture) {
        double[][] extended = new double[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            extended[i] = new double[] {rows[i][0], rows[i][1], rows[i][2], offset[i]};
        }
        Mat result = new Mat();
        opencv_core.transform(picture, result, matrix(extended));
        return result;
    }

    private static Mat matrix(double[][] values) {
        Mat matrix = new Mat(values.length, values[0].length, opencv_core.CV_64FC1);
        DoublePointer data = new DoublePointer(matrix.data());
        for (int i = 0; i < values.length; i++) {
            data.position((long) i * values[i].length).put(values[i]);
        }
        return matrix;
    }
}
