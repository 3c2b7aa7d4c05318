package io.contrast4j.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The format and size that the first bytes of a picture file announce. It is read before anything is decoded: some
 * hundred bytes can announce, and make a decoder allocate, gigabytes.
 *
 * @param width in pixels, before it is turned by EXIF
 * @param height in pixels
 */
record PictureHeader(Format format, long width, long height) {
    /** The formats that are read. */
    enum Format {
        JPEG,
        PNG,
        BMP,
        WEBP,
        TIFF,
        GIF,
        PNM
    }

    private static final int TIFF_WIDTH = 256;
    private static final int TIFF_HEIGHT = 257;

    /** A header that ends early or says what cannot be. */
    static final class Invalid extends Exception {
        private Invalid(String message) {
            super(message, null, false, false);
        }
    }

    /** The number of pixels. */
    long pixels() {
        return width > Long.MAX_VALUE / height ? Long.MAX_VALUE : width * height;
    }

    /** The format that the first bytes are the sign of. */
    static Optional<Format> format(ByteBuffer file) {
        if (startsWith(file, "\u00FF\u00D8\u00FF")) {
            return Optional.of(Format.JPEG);
        }
        if (startsWith(file, "\u0089PNG\r\n\u001A\n")) {
            return Optional.of(Format.PNG);
        }
        if (startsWith(file, "RIFF") && file.limit() >= 12 && text(file, 8, 4).equals("WEBP")) {
            return Optional.of(Format.WEBP);
        }
        if (startsWith(file, "II*\0") || startsWith(file, "MM\0*")) {
            return Optional.of(Format.TIFF);
        }
        if (startsWith(file, "GIF87a") || startsWith(file, "GIF89a")) {
            return Optional.of(Format.GIF);
        }
        if (startsWith(file, "BM")) {
            return Optional.of(Format.BMP);
        }
        boolean pnm = file.limit() >= 3 && file.get(0) == 'P' && file.get(1) >= '1' && file.get(1) <= '6';
        return pnm && Character.isWhitespace(file.get(2)) ? Optional.of(Format.PNM) : Optional.empty();
    }

    /**
     * Reads the header.
     *
     * @param file the whole file, from position 0
     * @throws Invalid if it ends early or has no size
     */
    static PictureHeader read(Format format, ByteBuffer file) throws Invalid {
        PictureHeader header;
        try {
            header = switch (format) {
                case JPEG -> jpeg(file.duplicate());
                case PNG -> new PictureHeader(format, unsigned(file, 16), unsigned(file, 20));
                case BMP -> bmp(littleEndian(file));
                case WEBP -> webp(littleEndian(file));
                case TIFF -> tiff(file.duplicate());
                case GIF -> {
                    ByteBuffer data = littleEndian(file);
                    yield new PictureHeader(format, data.getShort(6) & 0xFFFF, data.getShort(8) & 0xFFFF);
                }
                case PNM -> pnm(file.duplicate());
            };
        } catch (IndexOutOfBoundsException | java.nio.BufferUnderflowException e) {
            throw new Invalid("the file ends within its header");
        }
        if (header.width <= 0 || header.height <= 0) {
            throw new Invalid("its header announces " + header.width + "×" + header.height + " pixels");
        }
        return header;
    }

    private static PictureHeader jpeg(ByteBuffer file) throws Invalid {
        int at = 2;
        while (true) {
            while (file.get(at) != (byte) 0xFF) {
                at++;
            }
            while (file.get(at) == (byte) 0xFF) {
                at++;
            }
            int marker = file.get(at++) & 0xFF;
            boolean frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
            if (frame) {
                return new PictureHeader(Format.JPEG, file.getShort(at + 5) & 0xFFFF, file.getShort(at + 3) & 0xFFFF);
            }
            if (marker == 0xD9 || marker == 0xDA) {
                throw new Invalid("it has no frame header");
            }
            boolean standalone = marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8);
            at += standalone ? 0 : file.getShort(at) & 0xFFFF;
        }
    }

    private static PictureHeader bmp(ByteBuffer file) {
        if (file.getInt(14) == 12) {
            return new PictureHeader(Format.BMP, file.getShort(18) & 0xFFFF, file.getShort(20) & 0xFFFF);
        }
        return new PictureHeader(Format.BMP, file.getInt(18), Math.abs((long) file.getInt(22)));
    }

    private static PictureHeader webp(ByteBuffer file) throws Invalid {
        switch (text(file, 12, 4)) {
            case "VP8 ":
                return new PictureHeader(Format.WEBP, file.getShort(26) & 0x3FFF, file.getShort(28) & 0x3FFF);
            case "VP8L":
                int bits = file.getInt(21);
                return new PictureHeader(Format.WEBP, (bits & 0x3FFF) + 1, (bits >>> 14 & 0x3FFF) + 1);
            case "VP8X":
                return new PictureHeader(
                        Format.WEBP, (file.getInt(24) & 0xFFFFFF) + 1, (file.getInt(26) >>> 8 & 0xFFFFFF) + 1);
            default:
                throw new Invalid("its first chunk is none of a WebP picture");
        }
    }

    private static PictureHeader tiff(ByteBuffer file) {
        file.order(file.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = file.getInt(4);
        int entries = file.getShort(directory) & 0xFFFF;
        long width = 0;
        long height = 0;
        for (int entry = 0; entry < entries; entry++) {
            int at = directory + 2 + entry * 12;
            int tag = file.getShort(at) & 0xFFFF;
            if (tag == TIFF_WIDTH) {
                width = Math.max(width, number(file, at));
            } else if (tag == TIFF_HEIGHT) {
                height = Math.max(height, number(file, at));
            }
        }
        return new PictureHeader(Format.TIFF, width, height);
    }

    /** The value of a TIFF entry: of 2 bytes, else of 4. */
    private static long number(ByteBuffer file, int entry) {
        return file.getShort(entry + 2) == 3 ? file.getShort(entry + 8) & 0xFFFF : file.getInt(entry + 8) & 0xFFFFFFFFL;
    }

    private static PictureHeader pnm(ByteBuffer file) throws Invalid {
        file.position(2);
        long width = decimal(file);
        return new PictureHeader(Format.PNM, width, decimal(file));
    }

    /** The next number of a text; comments run from # to the end of the line. */
    private static long decimal(ByteBuffer file) throws Invalid {
        int next = file.get();
        while (next == '#' || Character.isWhitespace(next)) {
            if (next == '#') {
                while (next != '\n' && next != '\r') {
                    next = file.get();
                }
            }
            next = file.get();
        }
        long value = 0;
        while (next >= '0' && next <= '9' && value < Integer.MAX_VALUE) {
            value = value * 10 + next - '0';
            next = file.get();
        }
        if (!Character.isWhitespace(next)) {
            throw new Invalid("its header has something else where a number belongs");
        }
        return value;
    }

    private static long unsigned(ByteBuffer file, int at) {
        return file.getInt(at) & 0xFFFFFFFFL;
    }

    private static ByteBuffer littleEndian(ByteBuffer file) {
        return file.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    private static boolean startsWith(ByteBuffer file, String start) {
        return file.limit() >= start.length() && text(file, 0, start.length()).equals(start);
    }

    private static String text(ByteBuffer file, int at, int length) {
        byte[] bytes = new byte[length];
        file.get(at, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
