package io.contrast4j.image;

import static org.bytedeco.opencv.global.opencv_core.CV_32F;
import static org.bytedeco.opencv.global.opencv_core.CV_64F;

import java.util.List;
import java.util.Optional;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.MatVector;

/**
 * What the three channels of a pixel mean, and how they come from 8-bit sRGB. Below r, g, b = byte/255.
 *
 * <p>The definitions are those of scikit-image. OpenCV's own colour conversions are not used: they interpolate in
 * tables or round their constants, and are off by up to 0.4 (Lab) or 0.7 (YCbCr).
 *
 * <p>Results are H×W with three floating-point channels and belong to the caller's scope. In float32 they are off by
 * less than 5·10⁻⁴ (Lab) or 10⁻⁴ (YCbCr).
 */
public enum ColorSpace {
    /** The channels as they are, in 0…1. */
    RGB(Affine.IDENTITY),

    /**
     * CIE Lab under D65: L = 116·f(y) − 16, a = 500·(f(x) − f(y)), b = 200·(f(y) − f(z)) of XYZ divided by the white
     * point, where f(t) = ∛t if t > 0.008856, else 7.787·t + 16/116. L is in 0…100, a in −87…99, b in −108…95.
     */
    LAB(new Affine(new double[][] {{0, 116, 0}, {500, -500, 0}, {0, 200, -200}}, new double[] {-16, 0, 0})) {
        @Override
        Mat convert(Mat rgb, int depth, Affine output) {
            return output.apply(ColorFormulas.labCurve(ColorFormulas.linearised(rgb, depth)));
        }

        @Override
        Optional<PlaneConversion> fused(Affine output) {
            return Optional.of(PlaneConversion.curved(
                    PlaneConversion.LIGHT, ColorFormulas.TO_RELATIVE_XYZ, ColorFormulas.LAB_SLOPE, output));
        }
    },

    /** ITU-R BT.601 with head room: Y is in 16…235, Cb and Cr in 16…240. */
    YCBCR(new Affine(
            new double[][] {{65.481, 128.553, 24.966}, {-37.797, -74.203, 112}, {112, -93.786, -18.214}},
            new double[] {16, 128, 128})),

    /**
     * Hue, saturation (max − min)/max and value max, all in 0…1. Hue is measured in sixths from the largest channel; it
     * is 0 for grey.
     */
    HSV(Affine.IDENTITY) {
        @Override
        Mat convert(Mat rgb, int depth, Affine output) {
            return output.apply(ColorFormulas.hueSaturationValue(rgb, depth));
        }

        @Override
        Optional<PlaneConversion> fused(Affine output) {
            return Optional.empty();
        }
    },

    /**
     * The stains haematoxylin, eosin and DAB (Ruifrok and Johnston, "Quantification of histochemical staining by color
     * deconvolution", 2001): max(0, ln(max(rgb, 10⁻⁶))/ln 10⁻⁶ · M⁻¹), where the rows of M are the optical densities of
     * the stains.
     */
    HED(Affine.IDENTITY) {
        @Override
        Mat convert(Mat rgb, int depth, Affine output) {
            return output.apply(ColorFormulas.stains(rgb, depth));
        }

        @Override
        Optional<PlaneConversion> fused(Affine output) {
            return Optional.empty();
        }
    },

    /**
     * CIE Luv under D65: L = 116·∛Y − 16 if Y > 0.008856, else 903.3·Y; u = 13·L·(4X/D − 4Xn/Dn) and v = 13·L·(9Y/D −
     * 9Yn/Dn), where D = X + 15Y + 3Z and n marks the white point.
     */
    LUV(Affine.IDENTITY) {
        @Override
        Mat convert(Mat rgb, int depth, Affine output) {
            return output.apply(ColorFormulas.luv(ColorFormulas.linearised(rgb, depth)));
        }

        @Override
        Optional<PlaneConversion> fused(Affine output) {
            return Optional.empty();
        }
    },

    /** Luma and two colour differences, as in analogue PAL. */
    YUV(Affine.linear(new double[][] {
        {0.299, 0.587, 0.114}, {-0.14714119, -0.28886916, 0.43601035}, {0.61497538, -0.51496512, -0.10001026}
    })),

    /** CIE XYZ under D65: the linearised channels v > 0.04045 ? ((v + 0.055)/1.055)^2.4 : v/12.92, mapped. */
    XYZ(ColorFormulas.TO_XYZ) {
        @Override
        Mat convert(Mat rgb, int depth, Affine output) {
            return output.apply(ColorFormulas.linearised(rgb, depth));
        }

        @Override
        Optional<PlaneConversion> fused(Affine output) {
            return Optional.of(PlaneConversion.affine(PlaneConversion.LIGHT, output));
        }
    },

    /** Luma and two colour differences, as in analogue SECAM. */
    YDBDR(Affine.linear(new double[][] {{0.299, 0.587, 0.114}, {-0.45, -0.883, 1.333}, {-1.333, 1.116, 0.217}})),

    /** Luma and two colour differences in −½…½. */
    YPBPR(Affine.linear(
            new double[][] {{0.299, 0.587, 0.114}, {-0.168736, -0.331264, 0.5}, {0.5, -0.418688, -0.081312}})),

    /** Luma and two colour differences, as in analogue NTSC. */
    YIQ(Affine.linear(new double[][] {
        {0.299, 0.587, 0.114}, {0.59590059, -0.27455667, -0.32134392}, {0.21153661, -0.52273617, 0.31119955}
    })),

    /** CIE RGB as scikit-image has it: a matrix on the channels as they are, without linearisation. */
    RGBCIE(Affine.linear(new double[][] {
        {0.13725336022997064, 0.026293779059952442, -0.014661535711969898},
        {0.016385623785966662, 0.14980089868815039, 0.016694458060926863},
        {0.0032905876183235683, 0.019793511336483324, 0.1696916440498896}
    }));

    /** All have three channels. */
    public static final int CHANNELS = 3;

    private final Affine toChannels;

    ColorSpace(Affine toChannels) {
        this.toChannels = toChannels;
    }

    /** The channels of an 8-bit RGB picture in float32. */
    public Mat floats(Mat rgb) {
        return convert(bytes(rgb), CV_32F, toChannels);
    }

    /** The channels of an 8-bit RGB picture in float64. */
    public Mat doubles(Mat rgb) {
        return convert(bytes(rgb), CV_64F, toChannels);
    }

    /** The channels of an 8-bit RGB picture in float32, as (value − mean)/deviation. */
    public Mat normalized(Mat rgb, Normalization normalization) {
        return convert(bytes(rgb), CV_32F, toChannels.then(normalization));
    }

    /**
     * The same as {@link #normalized}, one channel after the other: 3H×W, float32, one channel, the planes of this space's
     * channels below each other. This is the order of a tensor, and for Lab and the affine spaces the fastest way.
     */
    public Mat planes(Mat rgb, Normalization normalization) {
        int height = rgb.rows();
        Mat planes = new Mat(CHANNELS * height, rgb.cols(), opencv_core.CV_32FC1);
        planes(
                rgb,
                normalization,
                List.of(
                        planes.rowRange(0, height),
                        planes.rowRange(height, 2 * height),
                        planes.rowRange(2 * height, 3 * height)));
        return planes;
    }

    /**
     * The same as {@link #planes(Mat, Normalization)}, in memory that is there already.
     *
     * @param planes for each channel H×W, float32, one channel, without gaps between rows
     */
    public void planes(Mat rgb, Normalization normalization, List<Mat> planes) {
        for (Mat plane : planes) {
            if (plane.type() != opencv_core.CV_32FC1
                    || plane.rows() != rgb.rows()
                    || plane.cols() != rgb.cols()
                    || !plane.isContinuous()) {
                throw new IllegalArgumentException("a plane is float32, of the picture's size and without gaps");
            }
        }
        Mat pixels = bytes(rgb);
        fused(normalization)
                .ifPresentOrElse(
                        conversion -> conversion.apply(pixels, planes),
                        () -> opencv_core.split(
                                normalized(pixels, normalization), new MatVector(planes.toArray(Mat[]::new))));
    }

    /** Whether the conversion is a table for each byte, affine maps and the curve of Lab, which tensors can do too. */
    public boolean isFused() {
        return fused(toChannels).isPresent();
    }

    /** The conversion in one pass over the pixels, for the spaces that have one. */
    final Optional<PlaneConversion> fused(Normalization normalization) {
        return fused(toChannels.then(normalization));
    }

    /** The same of a conversion that ends in this affine map. */
    Optional<PlaneConversion> fused(Affine output) {
        return Optional.of(PlaneConversion.affine(PlaneConversion.FRACTIONS, output));
    }

    /** The names of the channels. */
    public List<String> channels() {
        return switch (this) {
            case RGB, RGBCIE -> List.of("r", "g", "b");
            case LAB -> List.of("l", "a", "b");
            case YCBCR -> List.of("y", "cb", "cr");
            case HSV -> List.of("h", "s", "v");
            case HED -> List.of("h", "e", "d");
            case LUV -> List.of("l", "u", "v");
            case YUV -> List.of("y", "u", "v");
            case XYZ -> List.of("x", "y", "z");
            case YDBDR -> List.of("y", "db", "dr");
            case YPBPR -> List.of("y", "pb", "pr");
            case YIQ -> List.of("y", "i", "q");
        };
    }

    /**
     * The usual one of each space: of RGB mean and deviation over ImageNet; of Lab and YCbCr what CMC trains on; of all
     * others what maps the lowest and highest value that a channel has over all colours to −1 and 1.
     */
    public Normalization normalization() {
        return switch (this) {
            case RGB -> Normalization.IMAGENET_RGB;
            case LAB -> Normalization.LAB;
            case YCBCR -> Normalization.YCBCR;
            case HSV -> Normalization.extremes(0, 1, 0, 1, 0, 1);
            case HED -> Normalization.extremes(0, 1.877983, 0, 1.134730, 0, 1.573588);
            case LUV -> Normalization.extremes(0, 100, -83.077908, 175.014474, -134.097168, 107.399053);
            case YUV -> Normalization.extremes(0, 1, -0.436010, 0.436010, -0.614975, 0.614975);
            case XYZ -> Normalization.extremes(0, 0.950456, 0, 1, 0, 1.088754);
            case YDBDR -> Normalization.extremes(0, 1, -1.333, 1.333, -1.333, 1.333);
            case YPBPR -> Normalization.extremes(0, 1, -0.5, 0.5, -0.5, 0.5);
            case YIQ -> Normalization.extremes(0, 1, -0.595901, 0.595901, -0.522736, 0.522736);
            case RGBCIE -> Normalization.extremes(-0.014662, 0.163547, 0, 0.182881, 0, 0.192776);
        };
    }

    /**
     * Converts to a depth. The last step of every conversion is an affine map, so that a normalisation folded into it
     * costs nothing.
     */
    Mat convert(Mat rgb, int depth, Affine output) {
        Mat values = new Mat();
        rgb.convertTo(values, depth);
        return output.ofScaled(1.0 / 255).apply(values);
    }

    private static Mat bytes(Mat rgb) {
        OpenCv.prepare(); // here, since the names of the colour spaces are needed where no picture is touched
        if (rgb.type() != opencv_core.CV_8UC3) {
            throw new IllegalArgumentException("colours are converted from 8-bit pictures of three channels");
        }
        return rgb;
    }
}
