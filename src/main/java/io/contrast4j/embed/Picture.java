package io.contrast4j.embed;

import io.contrast4j.image.Decoder;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * A picture to embed: JPEG, PNG, BMP, WebP, TIFF, GIF (the first picture) or PNM, from a file or from memory, or an image
 * that Java holds already. It is read when it is embedded; a damaged one is an {@link UnreadablePicture} then.
 *
 * <p>It becomes 8-bit RGB, upright: turned as its EXIF block says, grey in three channels, transparency dropped.
 */
public final class Picture {
    private static final int BYTE = 0xff;

    private final String name;
    private final Reader reader;

    /** Decodes it: H×W, 8-bit, RGB order; it belongs to the caller's scope. */
    @FunctionalInterface
    private interface Reader {
        Mat read() throws IOException;
    }

    private Picture(String name, Reader reader) {
        this.name = name;
        this.reader = reader;
    }

    /**
     * {@return the picture in a file}
     *
     * @param file which is read when it is embedded
     */
    public static Picture of(Path file) {
        return new Picture(file.toString(), () -> Decoder.read(file));
    }

    /**
     * {@return the picture that the content of a file is}
     *
     * @param content which must not change until it has been embedded
     * @param name what messages call it
     */
    public static Picture of(byte[] content, String name) {
        return new Picture(name, () -> Decoder.decode(content, name));
    }

    /**
     * The content of a file, which is read to its end at once; the caller closes the stream.
     *
     * @param content of a file
     * @param name what messages call it
     * @return its picture
     * @throws IOException if the stream fails
     */
    public static Picture of(InputStream content, String name) throws IOException {
        return of(content.readAllBytes(), name);
    }

    /**
     * {@return an image in memory, which must not change until it has been embedded}
     *
     * @param image of any type
     * @param name what messages call it
     */
    public static Picture of(BufferedImage image, String name) {
        return new Picture(name, () -> rgb(image));
    }

    /** {@return what messages call it} */
    public String name() {
        return name;
    }

    Mat read() throws IOException {
        return reader.read();
    }

    private static Mat rgb(BufferedImage image) {
        int height = image.getHeight();
        int width = image.getWidth();
        byte[] rgb = new byte[3 * width * height];
        if (isGrey(image)) {
            grey(image.getRaster(), rgb);
        } else {
            int[] row = new int[width];
            int at = 0;
            for (int y = 0; y < height; y++) {
                image.getRGB(0, y, width, 1, row, 0, width);
                for (int pixel : row) {
                    rgb[at++] = (byte) (pixel >> 16);
                    rgb[at++] = (byte) (pixel >> 8);
                    rgb[at++] = (byte) pixel;
                }
            }
        }
        Mat mat = new Mat(height, width, opencv_core.CV_8UC3);
        mat.data().put(rgb);
        return mat;
    }

    /**
     * Java takes the values of such an image for linear light, and would make it brighter than the file is. Its first band is
     * the grey; transparency, if it has any, is the second one.
     */
    private static boolean isGrey(BufferedImage image) {
        ColorModel model = image.getColorModel();
        int type = model.getTransferType();
        return model.getColorSpace().getType() == ColorSpace.TYPE_GRAY
                && !model.isAlphaPremultiplied()
                && (type == DataBuffer.TYPE_BYTE || type == DataBuffer.TYPE_USHORT);
    }

    private static void grey(Raster raster, byte[] rgb) {
        int shift = raster.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
        int[] row = new int[raster.getWidth()];
        int at = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, row.length, 1, 0, row);
            for (int value : row) {
                byte level = (byte) (value >> shift & BYTE);
                rgb[at++] = level;
                rgb[at++] = level;
                rgb[at++] = level;
            }
        }
    }
}
