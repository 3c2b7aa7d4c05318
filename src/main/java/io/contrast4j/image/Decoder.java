package io.contrast4j.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Reads picture files: JPEG, PNG, BMP, WebP, and what else OpenCV reads (TIFF, PPM).
 *
 * <p>Every picture becomes 8-bit RGB: grey is copied to three channels, 16 bits are cut to 8, transparency is dropped.
 * A picture is not turned by what its EXIF block says about orientation, as torchvision does not either. A file that
 * ends early is refused, although OpenCV would fill what is missing with grey; see {@link Completeness}.
 */
public final class Decoder {
    private static final int FLAGS = opencv_imgcodecs.IMREAD_COLOR_RGB | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION;

    static {
        OpenCv.prepare();
    }

    private Decoder() {}

    /**
     * Reads a file.
     *
     * @return H×W, 8-bit, RGB order; it belongs to the caller's scope
     * @throws CorruptImage if the content is no picture, or not all of one
     * @throws IOException if the file cannot be read
     */
    public static Mat read(Path file) throws IOException {
        return decode(Files.readAllBytes(file), file.toString());
    }

    /**
     * Decodes the content of a file.
     *
     * @param name for messages
     * @return H×W, 8-bit, RGB order; it belongs to the caller's scope
     * @throws CorruptImage if the content is no picture, or not all of one
     */
    public static Mat decode(byte[] content, String name) throws CorruptImage {
        String damage = Completeness.damage(content).orElse(null);
        if (damage != null) {
            throw new CorruptImage(name, damage);
        }
        Mat encoded = new Mat(1, content.length, opencv_core.CV_8UC1);
        encoded.data().put(content);
        Mat rgb;
        try {
            rgb = opencv_imgcodecs.imdecode(encoded, FLAGS);
        } catch (RuntimeException e) {
            throw new CorruptImage(name, "the content cannot be decoded (" + e.getMessage() + ")");
        }
        if (rgb.empty()) {
            throw new CorruptImage(name, "the content is not a picture in a known format");
        }
        return rgb;
    }
}
