package io.contrast4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes a zip file of stored records whose contents start at multiples of 64 bytes, so that a reader can map them into
 * memory. (The writer of the JDK cannot place records.) The zip64 fields are used where a number needs more than 32 bits.
 */
final class ZipRecords {
    private static final int ALIGNMENT = 64;
    private static final long LARGE = 0xFFFF_FFFFL;
    private static final int VERSION = 45;
    private static final int UTF8_NAMES = 1 << 11;
    // 1980-01-01, the zero of the format: the same content gives the same file.
    private static final int DATE = 0x21;
    private static final short ZIP64_FIELD = 1;
    // The identity PyTorch gives to the field that pads a record; readers skip it.
    private static final short PADDING_FIELD = 0x4246;

    private final FileChannel channel;
    private final List<Record> records = new ArrayList<>();

    ZipRecords(FileChannel channel) {
        this.channel = channel;
    }

    void add(String name, byte[] content) throws IOException {
        add(name, content.length, sink -> sink.accept(ByteBuffer.wrap(content)));
    }

    /** Adds the elements in row-major order. */
    void add(String name, Tensor tensor) throws IOException {
        add(name, tensor.nbytes(), sink -> TensorBytes.forEachPiece(tensor, sink));
    }

    /** Ends the file with the directory of records. */
    void finish() throws IOException {
        long start = channel.position();
        for (Record record : records) {
            write(directoryEntry(record));
        }
        long size = channel.position() - start;
        ByteBuffer end = littleEndian(56 + 20 + 22);
        if (start >= LARGE || size >= LARGE || records.size() >= 0xFFFF) {
            long zip64End = start + size;
            end.putInt(0x06064b50).putLong(44).putShort((short) VERSION).putShort((short) VERSION);
            end.putInt(0)
                    .putInt(0)
                    .putLong(records.size())
                    .putLong(records.size())
                    .putLong(size)
                    .putLong(start);
            end.putInt(0x07064b50).putInt(0).putLong(zip64End).putInt(1);
        }
        short count = (short) Math.min(records.size(), 0xFFFF);
        end.putInt(0x06054b50)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort(count)
                .putShort(count);
        end.putInt((int) Math.min(size, LARGE))
                .putInt((int) Math.min(start, LARGE))
                .putShort((short) 0);
        write(end.flip());
    }

    private interface Content {
        void writeTo(TensorBytes.Sink sink) throws IOException;
    }

    private void add(String name, long size, Content content) throws IOException {
        long offset = channel.position();
        CRC32 crc = new CRC32();
        write(localHeader(name, size, offset));
        long start = channel.position();
        content.writeTo(piece -> {
            crc.update(piece.duplicate());
            write(piece);
        });
        long end = channel.position();
        if (end - start != size) {
            throw new IOException("record " + name + " has " + (end - start) + " bytes instead of " + size);
        }
        channel.position(offset + 14);
        write(littleEndian(4).putInt((int) crc.getValue()).flip());
        channel.position(end);
        records.add(new Record(name.getBytes(StandardCharsets.UTF_8), size, offset, (int) crc.getValue()));
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** The header before a record's content; its checksum is filled in when the content is known. */
    private static ByteBuffer localHeader(String name, long size, long offset) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        boolean large = size >= LARGE;
        int fixed = 30 + utf8.length + (large ? 20 : 0) + 4;
        int padding = (int) Math.floorMod(-(offset + fixed), (long) ALIGNMENT);
        ByteBuffer header = littleEndian(fixed + padding);
        header.putInt(0x04034b50).putShort((short) VERSION);
        description(header, 0, size, utf8.length, (large ? 20 : 0) + 4 + padding);
        header.put(utf8);
        if (large) {
            header.putShort(ZIP64_FIELD).putShort((short) 16).putLong(size).putLong(size);
        }
        header.putShort(PADDING_FIELD).putShort((short) padding);
        return header.rewind();
    }

    private static ByteBuffer directoryEntry(Record record) {
        boolean large = record.size >= LARGE;
        boolean far = record.offset >= LARGE;
        int fields = (large ? 16 : 0) + (far ? 8 : 0);
        int extra = fields == 0 ? 0 : 4 + fields;
        ByteBuffer entry = littleEndian(46 + record.name.length + extra);
        entry.putInt(0x02014b50).putShort((short) VERSION).putShort((short) VERSION);
        description(entry, record.crc, record.size, record.name.length, extra);
        entry.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0);
        entry.putInt((int) Math.min(record.offset, LARGE)).put(record.name);
        if (fields > 0) {
            entry.putShort(ZIP64_FIELD).putShort((short) fields);
        }
        if (large) {
            entry.putLong(record.size).putLong(record.size);
        }
        if (far) {
            entry.putLong(record.offset);
        }
        return entry.flip();
    }

    /** The part that a record's header and its entry in the directory have in common: method 0, "stored". */
    private static void description(ByteBuffer to, int crc, long size, int nameLength, int extraLength) {
        int shortSize = (int) Math.min(size, LARGE);
        to.putShort((short) UTF8_NAMES).putShort((short) 0).putShort((short) 0).putShort((short) DATE);
        to.putInt(crc).putInt(shortSize).putInt(shortSize);
        to.putShort((short) nameLength).putShort((short) extraLength);
    }

    private static ByteBuffer littleEndian(int capacity) {
        return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
    }

    private record Record(byte[] name, long size, long offset, int crc) {}
}
