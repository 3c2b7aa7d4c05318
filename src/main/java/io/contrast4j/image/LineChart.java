package io.contrast4j.image;

import io.contrast4j.spec.UserError;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Point;
import org.bytedeco.opencv.opencv_core.Scalar;

/**
 * One curve over an axis of its own, with ticks at round numbers: for people to look at. The vertical axis begins at 0.
 *
 * <p>Everything native belongs to the scope in which the chart is drawn.
 *
 * @param title above the curve, in ASCII
 * @param label of the horizontal axis, in ASCII
 * @param x ascending, at least two
 * @param y as many, 0 or more
 */
public record LineChart(String title, String label, double[] x, double[] y) {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 480;
    private static final int LEFT = 90;
    private static final int RIGHT = 30;
    private static final int TOP = 50;
    private static final int BOTTOM = 60;
    private static final int TICK = 5;
    private static final int TICKS = 6;
    private static final int FONT = opencv_imgproc.FONT_HERSHEY_SIMPLEX;
    private static final double SMALL = 0.45;
    private static final double LARGE = 0.6;
    private static final int GRID = 225;
    private static final int INK = 40;
    private static final int PAPER = 255;

    static {
        OpenCv.prepare();
    }

    public LineChart {
        if (x.length < 2 || x.length != y.length) {
            throw new IllegalArgumentException(x.length + " and " + y.length + " numbers are no curve");
        }
    }

    /** The chart, 8-bit RGB. */
    public Mat draw() {
        Mat sheet = new Mat(HEIGHT, WIDTH, opencv_core.CV_8UC3, Scalar.all(PAPER));
        Axis across = new Axis(x[0], x[x.length - 1], LEFT, WIDTH - RIGHT);
        double highest = 0;
        for (double value : y) {
            highest = Math.max(highest, value);
        }
        Axis up = new Axis(0, highest > 0 ? highest * 1.05 : 1, HEIGHT - BOTTOM, TOP);
        for (double value : across.ticks()) {
            int at = across.pixel(value);
            line(sheet, at, TOP, at, HEIGHT - BOTTOM + TICK, GRID);
            String text = number(value);
            write(sheet, text, at - width(text, SMALL) / 2, HEIGHT - BOTTOM + 22, SMALL);
        }
        for (double value : up.ticks()) {
            int at = up.pixel(value);
            line(sheet, LEFT - TICK, at, WIDTH - RIGHT, at, GRID);
            String text = number(value);
            write(sheet, text, LEFT - TICK - 6 - width(text, SMALL), at + 5, SMALL);
        }
        line(sheet, LEFT, TOP, LEFT, HEIGHT - BOTTOM, INK);
        line(sheet, LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, INK);
        write(sheet, title, LEFT, TOP - 20, LARGE);
        write(sheet, label, WIDTH - RIGHT - width(label, SMALL), HEIGHT - 12, SMALL);
        Scalar blue = new Scalar(31, 119, 180, 0);
        for (int i = 1; i < x.length; i++) {
            Point from = new Point(across.pixel(x[i - 1]), up.pixel(y[i - 1]));
            Point to = new Point(across.pixel(x[i]), up.pixel(y[i]));
            opencv_imgproc.line(sheet, from, to, blue, 2, opencv_imgproc.LINE_AA, 0);
        }
        return sheet;
    }

    /**
     * Draws the chart to a PNG file.
     *
     * @throws UserError if the file cannot be written
     */
    public void write(Path file) {
        PngFile.write(draw(), file);
    }

    /** Numbers from low to high, between two pixels. */
    private record Axis(double low, double high, int first, int last) {
        int pixel(double value) {
            return (int) Math.round(first + (value - low) / (high - low) * (last - first));
        }

        /** At multiples of 1, 2 or 5 times a power of ten, not more than {@link #TICKS}. */
        double[] ticks() {
            double power = Math.pow(10, Math.floor(Math.log10((high - low) / TICKS)));
            double step = power;
            for (double factor : new double[] {1, 2, 5, 10}) {
                step = factor * power;
                if ((high - low) / step <= TICKS) {
                    break;
                }
            }
            long from = (long) Math.ceil(low / step - 1e-9);
            long to = (long) Math.floor(high / step + 1e-9);
            double[] ticks = new double[(int) (to - from + 1)];
            for (int i = 0; i < ticks.length; i++) {
                ticks[i] = (from + i) * step;
            }
            return ticks;
        }
    }

    /** A number in three digits, without zeros at the end, as on the axes. */
    public static String number(double value) {
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(3)).stripTrailingZeros();
        return Math.abs(value) >= 1 ? rounded.toPlainString() : rounded.toString();
    }

    private static void line(Mat sheet, int x1, int y1, int x2, int y2, int grey) {
        opencv_imgproc.line(sheet, new Point(x1, y1), new Point(x2, y2), Scalar.all(grey), 1, opencv_imgproc.LINE_8, 0);
    }

    private static void write(Mat sheet, String text, int left, int baseline, double scale) {
        opencv_imgproc.putText(
                sheet,
                text.replaceAll("[^ -~]", "?"),
                new Point(left, baseline),
                FONT,
                scale,
                Scalar.all(INK),
                1,
                opencv_imgproc.LINE_AA,
                false);
    }

    private static int width(String text, double scale) {
        try (BytePointer bytes = new BytePointer(text)) {
            return opencv_imgproc.getTextSize(bytes, FONT, scale, 1, new int[1]).width();
        }
    }
}
