package io.contrast4j.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The constants and the header of a packed data set; {@code docs/pack-format.md} describes the whole file.
 *
 * @param classes their number
 * @param samples their number
 * @param indexStart where the index begins
 * @param indexSize its bytes
 * @param fileSize bytes of the whole file
 * @param indexSum CRC-32C of the index
 */
record PackFormat(int classes, int samples, long indexStart, long indexSize, long fileSize, int indexSum) {
    /** Not text: a transfer that changes line ends or the eighth bit destroys it. */
    private static final byte[] MAGIC = {(byte) 0x89, 'C', '4', 'J', 'P', '\r', '\n', 0x1A};

    private static final int VERSION = 1;

    /** Bytes of the header; the first picture follows. */
    static final int HEADER = 64;

    /** Bytes of a sample's entry in the index. */
    static final int ENTRY = 32;

    private static final int SUMMED = 52;

    /** Why a file is no packed data set; the message ends the sentence "it is not a pack: …". */
    static final class NotAPack extends Exception {
        NotAPack(String reason) {
            super(reason);
        }

        String reason() {
            return String.valueOf(getMessage());
        }
    }

    ByteBuffer header() {
        ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC)
                .putInt(VERSION)
                .putInt(classes)
                .putLong(samples)
                .putLong(indexStart)
                .putLong(indexSize)
                .putLong(fileSize)
                .putInt(indexSum);
        header.putInt(sum(header.array(), SUMMED));
        return header.clear();
    }

    /** Reads the header of a file of this size. */
    static PackFormat of(byte[] bytes, long size) throws NotAPack {
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[MAGIC.length];
        header.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            throw new NotAPack("it does not begin as one");
        }
        int version = header.getInt();
        if (version != VERSION) {
            throw new NotAPack("it is of version " + version + ", and only version " + VERSION + " is known");
        }
        int classes = header.getInt();
        long samples = header.getLong();
        PackFormat format = new PackFormat(
                classes, (int) samples, header.getLong(), header.getLong(), header.getLong(), header.getInt());
        if (header.getInt() != sum(bytes, SUMMED)) {
            throw new NotAPack("its header is damaged");
        }
        if (format.fileSize != size) {
            throw new NotAPack("it has " + size + " bytes and was written with " + format.fileSize);
        }
        boolean plausible = classes > 0
                && samples > 0
                && samples <= Integer.MAX_VALUE
                && format.indexStart >= HEADER
                && format.indexSize >= samples * ENTRY
                && format.indexSize == size - format.indexStart;
        if (!plausible) {
            throw new NotAPack("its header contradicts itself");
        }
        return format;
    }

    static int sum(byte[] bytes, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, length);
        return (int) sum.getValue();
    }
}
