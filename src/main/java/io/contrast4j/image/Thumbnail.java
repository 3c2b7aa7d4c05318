package io.contrast4j.image;

import java.util.Base64;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Size;

/** A small picture as text that a page can hold: a {@code data:} address, which no network is needed for. */
public final class Thumbnail {
    private static final int QUALITY = 82;

    static {
        OpenCv.prepare();
    }

    private Thumbnail() {}

    /**
     * The picture in a square of a side, its shape kept; smaller ones stay as they are. It is a PNG or a JPEG, whichever is
     * shorter.
     *
     * @param rgb H×W, 8-bit, RGB order
     */
    public static String address(Mat rgb, int side) {
        double scale = Math.min(1, (double) side / Math.max(rgb.cols(), rgb.rows()));
        Mat bgr = new Mat();
        Mat small = new Mat();
        int width = Math.max(1, (int) Math.round(rgb.cols() * scale));
        int height = Math.max(1, (int) Math.round(rgb.rows() * scale));
        opencv_imgproc.resize(rgb, small, new Size(width, height), 0, 0, opencv_imgproc.INTER_AREA);
        opencv_imgproc.cvtColor(small, bgr, opencv_imgproc.COLOR_RGB2BGR);
        byte[] png = encoded(".png", bgr, new IntPointer());
        byte[] jpeg = encoded(".jpg", bgr, new IntPointer(opencv_imgcodecs.IMWRITE_JPEG_QUALITY, QUALITY));
        boolean isPng = png.length <= jpeg.length;
        return "data:image/" + (isPng ? "png" : "jpeg") + ";base64,"
                + Base64.getEncoder().encodeToString(isPng ? png : jpeg);
    }

    private static byte[] encoded(String ending, Mat bgr, IntPointer options) {
        BytePointer encoded = new BytePointer();
        if (!opencv_imgcodecs.imencode(ending, bgr, encoded, options)) {
            throw new IllegalStateException("OpenCV encodes no " + ending);
        }
        byte[] bytes = new byte[Math.toIntExact(encoded.limit())];
        encoded.get(bytes);
        return bytes;
    }
}
