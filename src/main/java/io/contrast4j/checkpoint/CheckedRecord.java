package io.contrast4j.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;

/** The content of a zip record as a channel that computes the checksum of what went through it. */
final class CheckedRecord implements ReadableByteChannel {
    private final InputStream in;
    private final CRC32 crc = new CRC32();
    private final byte[] block = new byte[1 << 16];

    CheckedRecord(InputStream in) {
        this.in = in;
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        int count = in.read(block, 0, Math.min(block.length, to.remaining()));
        if (count > 0) {
            crc.update(block, 0, count);
            to.put(block, 0, count);
        }
        return count;
    }

    /** @throws DamagedFile if what was read is not what was written */
    void check(ZipEntry entry) throws DamagedFile {
        if (crc.getValue() != entry.getCrc()) {
            throw new DamagedFile("the checksum of its record " + entry.getName() + " is wrong");
        }
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
