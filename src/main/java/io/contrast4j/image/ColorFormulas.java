package io.contrast4j.image;

import static org.bytedeco.opencv.global.opencv_core.CV_64FC1;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.MatVector;
import org.bytedeco.opencv.opencv_core.Scalar;

/** The steps of the conversions of {@link ColorSpace} that are not affine. Mats belong to the caller's scope. */
final class ColorFormulas {
    /** From linear RGB to XYZ. */
    static final Affine TO_XYZ = Affine.linear(new double[][] {
        {0.412453, 0.357580, 0.180423}, {0.212671, 0.715160, 0.072169}, {0.019334, 0.119193, 0.950227}
    });

    /** Of the line that continues the cube root in Lab. */
    static final double LAB_SLOPE = 7.787;

    private static final double[] WHITE = {0.95047, 1, 1.08883};

    /** From linear RGB to XYZ, each divided by that of white. */
    static final Affine TO_RELATIVE_XYZ =
            TO_XYZ.then(new Normalization(List.of(0.0, 0.0, 0.0), List.of(WHITE[0], WHITE[1], WHITE[2])));

    /** Optical densities of red, green and blue in haematoxylin, eosin and DAB. */
    private static final Affine STAINS_TO_DENSITIES =
            Affine.linear(new double[][] {{0.65, 0.07, 0.27}, {0.70, 0.99, 0.57}, {0.29, 0.11, 0.78}});

    private ColorFormulas() {}

    /** The light of sRGB bytes: v > 0.04045 ? ((v + 0.055)/1.055)^2.4 : v/12.92. */
    static Mat linearised(Mat rgb, int depth) {
        return table(rgb, depth, ColorFormulas::linearised);
    }

    /** The light of an sRGB value in 0…1. */
    static double linearised(double v) {
        return v > 0.04045 ? Math.pow((v + 0.055) / 1.055, 2.4) : v / 12.92;
    }

    /** f(X/Xn), f(Y/Yn), f(Z/Zn) of linear RGB. */
    static Mat labCurve(Mat linear) {
        return CubeRootCurve.apply(TO_RELATIVE_XYZ.apply(linear), LAB_SLOPE, 16.0 / 116);
    }

    /** L, u, v of linear RGB. */
    static Mat luv(Mat linear) {
        MatVector xyz = channels(TO_XYZ.apply(linear));
        Mat x = xyz.get(0);
        Mat y = xyz.get(1);
        Mat z = xyz.get(2);
        double whiteSum = chromaSum(WHITE[0], WHITE[1], WHITE[2]);

        Mat sum = new Mat();
        opencv_core.scaleAdd(y, 15, x, sum);
        opencv_core.scaleAdd(z, 3, sum, sum);
        opencv_core.max(sum, Math.ulp(1.0)).asMat().copyTo(sum);

        // L = 116·g(Y) − 16 with g = ∛Y, or what gives 903.3·Y.
        Mat lightness = new Mat();
        CubeRootCurve.apply(y.clone(), 903.3 / 116, 16.0 / 116).convertTo(lightness, -1, 116, -16);
        Mat u = chroma(x, 4, sum, 4 * WHITE[0] / whiteSum, lightness);
        Mat v = chroma(y, 9, sum, 9 * WHITE[1] / whiteSum, lightness);
        return merged(lightness, u, v);
    }

    private static double chromaSum(double x, double y, double z) {
        return x + 15 * y + 3 * z;
    }

    /** 13·L·(factor·value/sum − white). */
    private static Mat chroma(Mat value, double factor, Mat sum, double white, Mat lightness) {
        Mat chroma = new Mat();
        opencv_core.divide(value, sum, chroma, factor, -1);
        opencv_core.subtract(chroma, new Scalar(white)).asMat().copyTo(chroma);
        opencv_core.multiply(chroma, lightness, chroma, 13, -1);
        return chroma;
    }

    /** Amounts of the three stains. */
    static Mat stains(Mat rgb, int depth) {
        Mat densities = table(rgb, depth, v -> Math.log(Math.max(v, 1e-6)) / Math.log(1e-6));
        Mat amounts = STAINS_TO_DENSITIES.inverse().apply(densities);
        return opencv_core.max(amounts.reshape(1), 0).asMat().reshape(3);
    }

    /** Hue, saturation and value in 0…1. */
    static Mat hueSaturationValue(Mat rgb, int depth) {
        MatVector fractions = channels(table(rgb, depth, v -> v));
        Mat r = fractions.get(0);
        Mat g = fractions.get(1);
        Mat b = fractions.get(2);
        Mat value = new Mat();
        opencv_core.max(r, g, value);
        opencv_core.max(value, b, value);
        Mat smallest = new Mat();
        opencv_core.min(r, g, smallest);
        opencv_core.min(smallest, b, smallest);
        Mat range = opencv_core.subtract(value, smallest).asMat();
        Mat grey = opencv_core.equals(range, 0).asMat();

        // Later sectors overwrite earlier ones; where two channels share the maximum both give the same hue.
        Mat hue = sector(g, b, range, 0);
        sector(b, r, range, 2).copyTo(hue, opencv_core.equals(g, value).asMat());
        sector(r, g, range, 4).copyTo(hue, opencv_core.equals(b, value).asMat());
        opencv_core
                .add(hue, new Scalar(1))
                .asMat()
                .copyTo(hue, opencv_core.lessThan(hue, 0).asMat());
        Mat saturation = new Mat();
        opencv_core.divide(range, value, saturation);
        Mat zero = new Mat(new Scalar(0));
        hue.setTo(zero, grey);
        saturation.setTo(zero, grey);
        return merged(hue, saturation, value);
    }

    /** (start + (a − b)/range)/6, in turns. */
    private static Mat sector(Mat a, Mat b, Mat range, double start) {
        Mat hue = new Mat();
        opencv_core.divide(opencv_core.subtract(a, b).asMat(), range, hue);
        hue.convertTo(hue, -1, 1.0 / 6, start / 6);
        return hue;
    }

    /** The value of a function at byte/255, for every byte. */
    private static Mat table(Mat rgb, int depth, DoubleUnaryOperator function) {
        Mat exact = new Mat(1, 256, CV_64FC1);
        DoublePointer values = new DoublePointer(exact.data());
        for (int i = 0; i < 256; i++) {
            values.put(i, function.applyAsDouble(i / 255.0));
        }
        Mat table = new Mat();
        exact.convertTo(table, depth);
        Mat result = new Mat();
        opencv_core.LUT(rgb, table, result);
        return result;
    }

    private static MatVector channels(Mat picture) {
        MatVector channels = new MatVector();
        opencv_core.split(picture, channels);
        return channels;
    }

    private static Mat merged(Mat... channels) {
        Mat picture = new Mat();
        opencv_core.merge(new MatVector(channels), picture);
        return picture;
    }
}
