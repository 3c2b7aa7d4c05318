package io.contrast4j.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Reads picture files: JPEG, PNG, BMP, WebP, TIFF, GIF (the first picture) and PNM.
 *
 * <p>Every picture becomes 8-bit RGB, upright: it is turned and mirrored as its EXIF block says, grey is copied to three
 * channels, palettes are looked up, CMYK is converted without a profile, 16 bits are cut to 8, transparency is dropped.
 * The result is that of Pillow's {@code exif_transpose} and {@code convert("RGB")}, with these differences: in a GIF, what
 * is transparent has the background's colour, and a TIFF with transparency is shown on black; 16-bit grey is v » 8, where
 * Pillow cuts off all above 255; CMYK and 16-bit TIFF may be off by 1.
 *
 * <p>A file that ends early is refused, although OpenCV would fill what is missing with grey; see {@link Completeness}.
 * So is one that announces more than {@value #MAX_PIXELS} pixels, before anything is allocated for them.
 */
public final class Decoder {
    /** The largest picture that is decoded: 0.5 GiB as RGB, and the size that Pillow takes for an attack, too. */
    public static final long MAX_PIXELS = 178_956_970;

    static {
        OpenCv.prepare();
    }

    /** Endings of the names of picture files. */
    public static final Set<String> ENDINGS = Set.of("jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp");

    private Decoder() {}

    /** Whether a file's name has the ending of a picture's. */
    public static boolean isNamedAsPicture(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot >= 0 && ENDINGS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
    }

    /**
     * Reads a file.
     *
     * @return H×W, 8-bit, RGB order; it belongs to the caller's scope
     * @throws CorruptImage if the content is no picture, or not all of one
     * @throws IOException if the file cannot be read
     */
    public static Mat read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size > Integer.MAX_VALUE) {
                throw new CorruptImage(file.toString(), "no picture file has " + size + " bytes");
            }
            if (size == 0) {
                throw new CorruptImage(file.toString(), "the file is empty");
            }
            // Straight from the file into native memory, where the decoder takes it from.
            try (BytePointer content = new BytePointer(size)) {
                ByteBuffer buffer = content.asByteBuffer();
                while (buffer.hasRemaining()) {
                    if (channel.read(buffer) < 0) {
                        throw new CorruptImage(file.toString(), "the file became shorter while it was read");
                    }
                }
                return decode(content, buffer.flip(), file.toString());
            }
        }
    }

    /**
     * Decodes the content of a file.
     *
     * @param name for messages
     * @return H×W, 8-bit, RGB order; it belongs to the caller's scope
     * @throws CorruptImage if the content is no picture, or not all of one
     */
    public static Mat decode(byte[] content, String name) throws CorruptImage {
        return decode(ByteBuffer.wrap(content), name);
    }

    /**
     * Decodes the content of a file.
     *
     * @param content from position to limit; a direct buffer is not copied
     * @param name for messages
     * @return H×W, 8-bit, RGB order; it belongs to the caller's scope
     * @throws CorruptImage if the content is no picture, or not all of one
     */
    public static Mat decode(ByteBuffer content, String name) throws CorruptImage {
        ByteBuffer file = content.slice();
        if (file.limit() == 0) {
            throw new CorruptImage(name, "the file is empty");
        }
        if (file.isDirect()) {
            return decode(new BytePointer(file), file, name);
        }
        try (BytePointer copy = new BytePointer(file.limit())) {
            ByteBuffer buffer = copy.asByteBuffer();
            buffer.put(file.duplicate());
            return decode(copy, buffer.flip(), name);
        }
    }

    /** @param file the memory of {@code content} */
    private static Mat decode(BytePointer content, ByteBuffer file, String name) throws CorruptImage {
        check(file.duplicate(), name); // big-endian, as duplicates are
        Mat rgb;
        try (Mat encoded = new Mat(1, file.limit(), opencv_core.CV_8UC1, content)) {
            rgb = opencv_imgcodecs.imdecode(encoded, opencv_imgcodecs.IMREAD_COLOR_RGB);
        } catch (RuntimeException e) {
            throw new CorruptImage(name, "the content cannot be decoded (" + e.getMessage() + ")");
        }
        if (rgb.empty()) {
            throw new CorruptImage(name, "the content is damaged, or of a kind that is not read");
        }
        return rgb;
    }

    private static void check(ByteBuffer file, String name) throws CorruptImage {
        PictureHeader.Format format = PictureHeader.format(file)
                .orElseThrow(() -> new CorruptImage(name, "the content is not a picture in a known format"));
        try {
            PictureHeader header = PictureHeader.read(format, file);
            if (header.pixels() > MAX_PIXELS) {
                throw new CorruptImage(
                        name,
                        "it announces " + header.width() + "×" + header.height() + " pixels, and at most " + MAX_PIXELS
                                + " are decoded");
            }
        } catch (PictureHeader.Invalid e) {
            throw new CorruptImage(name, e.getMessage());
        }
        String damage = Completeness.damage(format, file).orElse(null);
        if (damage != null) {
            throw new CorruptImage(name, damage);
        }
    }
}
