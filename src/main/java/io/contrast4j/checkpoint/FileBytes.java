package io.contrast4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.zip.CRC32;

/** Reads parts of an open file; several threads may do so at once. */
final class FileBytes {
    /** Small enough that what was just read is still in the processor's cache when it is summed up. */
    private static final int PIECE = 1 << 18;

    private final FileChannel channel;
    private final long size;

    FileBytes(FileChannel channel) throws IOException {
        this.channel = channel;
        this.size = channel.size();
    }

    long size() {
        return size;
    }

    /**
     * The bytes from a place on, little-endian.
     *
     * @throws DamagedFile if the file ends before
     */
    ByteBuffer take(long begin, int length) throws IOException {
        if (begin < 0 || length < 0 || begin > size - length) {
            throw new DamagedFile("it ends too early");
        }
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        fill(bytes, begin);
        return bytes.flip();
    }

    /** The bytes from a place on, as memory that is filled when it is looked at. */
    ByteBuffer map(long begin, long length) throws IOException {
        return channel.map(FileChannel.MapMode.READ_ONLY, begin, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The whole content of a part, after its checksum. */
    ByteBuffer take(Extent extent) throws IOException {
        ByteBuffer bytes = take(extent.begin(), Math.toIntExact(extent.size()));
        CRC32 crc = new CRC32();
        crc.update(bytes.duplicate());
        check(extent, crc);
        return bytes;
    }

    /** Sums up a part without keeping it. */
    void verify(Extent extent) throws IOException {
        if (extent.crc().isPresent()) {
            CRC32 crc = new CRC32();
            ByteBuffer piece = ByteBuffer.allocateDirect((int) Math.min(PIECE, extent.size()));
            for (long at = 0; at < extent.size(); at += PIECE) {
                fill(piece.clear().limit((int) Math.min(PIECE, extent.size() - at)), extent.begin() + at);
                crc.update(piece.flip());
            }
            check(extent, crc);
        }
    }

    /**
     * Fills the memory with the bytes from a place on.
     *
     * @param sum goes on with these bytes
     */
    void read(ByteBuffer memory, long begin, Optional<CRC32> sum) throws IOException {
        int end = memory.limit();
        for (int at = memory.position(); at < end; at += PIECE) {
            memory.position(at).limit(Math.min(at + PIECE, end));
            fill(memory, begin + at);
            if (sum.isPresent()) {
                sum.get().update(memory.position(at));
            }
        }
    }

    /** @throws DamagedFile if what was read is not what was written */
    static void check(Extent extent, CRC32 crc) throws DamagedFile {
        if (extent.crc().isPresent() && extent.crc().getAsInt() != (int) crc.getValue()) {
            throw new DamagedFile("the checksum of its record " + extent.name() + " is wrong");
        }
    }

    private void fill(ByteBuffer bytes, long begin) throws IOException {
        long at = begin;
        while (bytes.hasRemaining()) {
            int count = channel.read(bytes, at);
            if (count < 0) {
                throw new DamagedFile("it ends too early");
            }
            at += count;
        }
    }
}
