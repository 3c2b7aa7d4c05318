package io.contrast4j.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Says whether a picture file is all there, by walking its structure to the end: a JPEG's segments and scans to the end
 * marker, a PNG's chunks (with their check sums) to IEND, the announced sizes of WebP and BMP. Looking at the last bytes
 * only would refuse files with something appended, and accept some whose thumbnail ends where they were cut.
 */
final class Completeness {
    private static final int JPEG_END = 0xD9;
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

    private Completeness() {}

    /** What is wrong with the file; empty if nothing is, or if its format is none of the four. */
    static Optional<String> damage(byte[] file) {
        if (file.length == 0) {
            return Optional.of("the file is empty");
        }
        if (startsWith(file, (byte) 0xFF, (byte) 0xD8, (byte) 0xFF)) {
            return jpeg(file);
        }
        if (startsWith(file, PNG)) {
            return png(file);
        }
        if (startsWith(file, (byte) 'R', (byte) 'I', (byte) 'F', (byte) 'F')) {
            return webp(file);
        }
        if (startsWith(file, (byte) 'B', (byte) 'M')) {
            return bmp(file);
        }
        return Optional.empty();
    }

    private static Optional<String> jpeg(byte[] file) {
        int at = 2;
        while (at < file.length) {
            // Outside of segments only FF xx means anything; xx is 0 for a data byte FF and D0…D7 for a restart.
            if (file[at++] != (byte) 0xFF || at == file.length) {
                continue;
            }
            int marker = file[at] & 0xFF;
            if (marker == 0xFF) {
                continue;
            }
            at++;
            if (marker == JPEG_END) {
                return Optional.empty();
            }
            boolean standalone = marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8);
            if (!standalone) {
                at += at + 1 < file.length ? (file[at] & 0xFF) << 8 | file[at + 1] & 0xFF : 2;
            }
        }
        return Optional.of("the file is truncated (no end-of-image marker after " + file.length + " bytes)");
    }

    private static Optional<String> png(byte[] file) {
        ByteBuffer data = ByteBuffer.wrap(file).position(PNG.length);
        while (data.remaining() >= 12) {
            long length = data.getInt() & 0xFFFFFFFFL;
            if (length > data.remaining() - 8) {
                break;
            }
            int start = data.position();
            String type = new String(file, start, 4, StandardCharsets.ISO_8859_1);
            CRC32 sum = new CRC32();
            sum.update(file, start, (int) length + 4);
            data.position(start + 4 + (int) length);
            boolean critical = Character.isUpperCase(type.charAt(0));
            if (data.getInt() != (int) sum.getValue() && critical) {
                return Optional.of("the check sum of its " + type + " chunk at byte " + (start - 4) + " is wrong");
            }
            if (type.equals("IEND")) {
                return Optional.empty();
            }
        }
        return Optional.of("the file is truncated (no IEND chunk after " + file.length + " bytes)");
    }

    private static Optional<String> webp(byte[] file) {
        return announced(file, file.length < 12 ? 12 : 8 + littleEndian(file).getInt(4) & 0xFFFFFFFFL);
    }

    private static Optional<String> bmp(byte[] file) {
        if (file.length < 34) {
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

    private static Optional<String> announced(byte[] file, long size) {
        return file.length >= size
                ? Optional.empty()
                : Optional.of("the file is truncated (" + file.length + " bytes of " + size + ")");
    }

    private static ByteBuffer littleEndian(byte[] file) {
        return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static boolean startsWith(byte[] file, byte... start) {
        return file.length >= start.length && Arrays.equals(file, 0, start.length, start, 0, start.length);
    }
}
