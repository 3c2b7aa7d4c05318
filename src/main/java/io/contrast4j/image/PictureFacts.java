package io.contrast4j.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What the first bytes of a picture file say of it, without decoding: thousands of files a second.
 *
 * @param width in pixels, before it is turned by EXIF
 * @param height in pixels
 * @param transparent whether it has transparency, which is dropped when it is decoded; not known of TIFF
 */
public record PictureFacts(int width, int height, boolean transparent) {
    /** Enough for all headers but those of JPEGs with large thumbnails. */
    private static final int HEAD = 1 << 16;

    private static final int PNG_COLOUR = 25;
    private static final int PNG_ALPHA = 4;
    private static final int WEBP_CHUNK = 12;
    private static final int WEBP_FLAGS = 20;
    private static final int WEBP_ALPHA = 0x10;
    /** Of the four bytes of a lossless WebP's size, read from the lowest on. */
    private static final int LOSSLESS_ALPHA = 0x10;

    /**
     * Reads the head of a file, and the whole of it only where the head is not enough.
     *
     * @throws CorruptImage if the content is no picture
     * @throws IOException if the file cannot be read
     */
    public static PictureFacts of(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer head = read(channel, (int) Math.min(HEAD, channel.size()));
            PictureHeader.Format format = PictureHeader.format(head)
                    .orElseThrow(() -> new CorruptImage(
                            file.toString(),
                            head.limit() == 0
                                    ? "the file is empty"
                                    : "the content is not a picture in a known format"));
            PictureHeader header;
            try {
                header = PictureHeader.read(format, head);
            } catch (PictureHeader.Invalid early) {
                header = PictureHeader.read(format, read(channel, (int) Math.min(Integer.MAX_VALUE, channel.size())));
            }
            return new PictureFacts(
                    (int) Math.min(Integer.MAX_VALUE, header.width()),
                    (int) Math.min(Integer.MAX_VALUE, header.height()),
                    isTransparent(format, head));
        } catch (PictureHeader.Invalid damaged) {
            throw new CorruptImage(file.toString(), damaged.getMessage());
        }
    }

    /** The length of the shorter side. */
    public int side() {
        return Math.min(width, height);
    }

    private static ByteBuffer read(FileChannel channel, int size) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(size);
        while (content.hasRemaining() && channel.read(content, content.position()) >= 0) {
            // until it is full, or the file has become shorter
        }
        return content.flip();
    }

    private static boolean isTransparent(PictureHeader.Format format, ByteBuffer head) {
        return switch (format) {
            case PNG ->
                head.limit() > PNG_COLOUR
                        && ((head.get(PNG_COLOUR) & PNG_ALPHA) != 0 || contains(head, "tRNS", "IDAT"));
            case WEBP -> head.limit() > WEBP_FLAGS + 4 && isTransparentWebp(head);
            case JPEG, BMP, TIFF, GIF, PNM -> false;
        };
    }

    private static boolean isTransparentWebp(ByteBuffer head) {
        return switch (head.get(WEBP_CHUNK + 3)) {
            case 'X' -> (head.get(WEBP_FLAGS) & WEBP_ALPHA) != 0;
            case 'L' -> (head.get(WEBP_FLAGS + 4) & LOSSLESS_ALPHA) != 0;
            default -> false;
        };
    }

    /** Whether one chunk's name comes before another's. */
    private static boolean contains(ByteBuffer head, String name, String before) {
        String text =
                StandardCharsets.ISO_8859_1.decode(head.duplicate().position(0)).toString();
        int found = text.indexOf(name);
        int end = text.indexOf(before);
        return found >= 0 && (end < 0 || found < end);
    }
}
