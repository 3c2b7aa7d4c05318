package io.contrast4j.image;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;

/** Pictures as PNG files. */
final class PngFile {
    private PngFile() {}

    /** @param rgb 8-bit RGB */
    static byte[] encoded(Mat rgb) {
        Mat bgr = new Mat();
        opencv_imgproc.cvtColor(rgb, bgr, opencv_imgproc.COLOR_RGB2BGR);
        BytePointer encoded = new BytePointer();
        if (!opencv_imgcodecs.imencode(".png", bgr, encoded)) {
            throw new IllegalStateException("OpenCV encodes no PNG");
        }
        byte[] bytes = new byte[Math.toIntExact(encoded.limit())];
        encoded.get(bytes);
        return bytes;
    }

    /**
     * @param rgb 8-bit RGB
     * @throws UserError if the file cannot be written
     */
    static void write(Mat rgb, Path file) {
        try {
            Files.write(file, encoded(rgb));
        } catch (IOException e) {
            throw new UserError(
                    UserError.FAILED,
                    "Cannot write the picture " + file + " (" + Reasons.of(e) + "); choose another file.",
                    e);
        }
    }
}
