package io.contrast4j.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Says whether a picture file is all there, by walking its structure to the end: a JPEG's segments and scans to the end
 * marker, a PNG's chunks (with their check sums) to IEND, the announced sizes of WebP and BMP. Looking at the last bytes
 * only would refuse files with something appended, and accept some whose thumbnail ends where they were cut.
 */
final class Completeness {
    private static final int JPEG_END = 0xD9;
    private static final int JPEG_SCAN = 0xDA;
    private static final int PNG_SIGNATURE = 8;

    private Completeness() {}

    /** What is wrong with the file; empty if nothing is, or if the structure of its format is not known here. */
    static Optional<String> damage(PictureHeader.Format format, ByteBuffer file) {
        return switch (format) {
            case JPEG -> jpeg(file);
            case PNG -> png(file.duplicate());
            case WEBP -> webp(file);
            case BMP -> bmp(file);
            case TIFF, GIF, PNM -> Optional.empty();
        };
    }

    private static Optional<String> jpeg(ByteBuffer file) {
        int length = file.limit();
        int at = 2;
        while (at < length) {
            // Outside of segments only FF xx means anything; xx is 0 for a data byte FF and D0…D7 for a restart.
            if (file.get(at++) != (byte) 0xFF || at == length) {
                continue;
            }
            int marker = file.get(at) & 0xFF;
            if (marker == 0xFF) {
                continue;
            }
            at++;
            if (marker == JPEG_END) {
                return Optional.empty();
            }
            boolean standalone = marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8);
            if (!standalone) {
                at += at + 1 < length ? file.getShort(at) & 0xFFFF : 2;
            }
            // The usual file ends with the marker; that it is in a segment of its own is known once the first scan
            // began.
            if (marker == JPEG_SCAN && at + 1 < length && file.getShort(length - 2) == (short) 0xFFD9) {
                return Optional.empty();
            }
        }
        return Optional.of("the file is truncated (no end-of-image marker after " + length + " bytes)");
    }

    private static Optional<String> png(ByteBuffer data) {
        int size = data.limit();
        data.position(PNG_SIGNATURE);
        while (data.remaining() >= 12) {
            long length = data.getInt() & 0xFFFFFFFFL;
            if (length > data.remaining() - 8) {
                break;
            }
            int start = data.position();
            byte[] letters = new byte[4];
            data.get(start, letters);
            String type = new String(letters, StandardCharsets.ISO_8859_1);
            CRC32 sum = new CRC32();
            sum.update(data.slice(start, (int) length + 4));
            data.position(start + 4 + (int) length);
            boolean critical = Character.isUpperCase(type.charAt(0));
            if (data.getInt() != (int) sum.getValue() && critical) {
                return Optional.of("the check sum of its " + type + " chunk at byte " + (start - 4) + " is wrong");
            }
            if (type.equals("IEND")) {
                return Optional.empty();
            }
        }
        return Optional.of("the file is truncated (no IEND chunk after " + size + " bytes)");
    }

    private static Optional<String> webp(ByteBuffer file) {
        return announced(file, file.limit() < 12 ? 12 : 8 + littleEndian(file).getInt(4) & 0xFFFFFFFFL);
    }

    private static Optional<String> bmp(ByteBuffer file) {
        if (file.limit() < 34) {
            return announced(file, 34);
        }
        ByteBuffer header = littleEndian(file);
        long pixels = header.getInt(10) & 0xFFFFFFFFL;
        boolean uncompressed = header.getInt(14) >= 40 && header.getInt(30) == 0;
        if (!uncompressed) {
            return announced(file, pixels + 1);
        }
        long bitsPerRow = (long) header.getInt(18) * header.getShort(28);
        return announced(file, pixels + (bitsPerRow + 31) / 32 * 4 * Math.abs((long) header.getInt(22)));
    }

    private static Optional<String> announced(ByteBuffer file, long size) {
        return file.limit() >= size
                ? Optional.empty()
                : Optional.of("the file is truncated (" + file.limit() + " bytes of " + size + ")");
    }

    private static ByteBuffer littleEndian(ByteBuffer file) {
        return file.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }
}
