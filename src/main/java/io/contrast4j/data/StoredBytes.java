package io.contrast4j.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/**
 * Bytes to read from anywhere: a file mapped into memory, of any length, or what was unpacked from an archive.
 *
 * <p>Safe to read from several threads, and not disturbed when one of them is interrupted, as a file channel would be.
 * Bytes are copied by Java, never by native code: where a file was cut off or its disk has failed, Java throws an
 * exception or an InternalError, and native code would end the process.
 */
final class StoredBytes {
    /** Java's buffers hold less than 2³¹ bytes: a longer file is mapped in segments of 2³⁰. */
    private static final int SEGMENT_BITS = 30;

    private final ByteBuffer[] segments;
    private final long size;

    private StoredBytes(ByteBuffer[] segments, long size) {
        this.segments = segments;
        this.size = size;
    }

    /** A file as it is now. */
    static StoredBytes map(Path file) throws IOException {
        return map(file, SEGMENT_BITS);
    }

    static StoredBytes map(Path file, int segmentBits) throws IOException {
        if (segmentBits > SEGMENT_BITS) {
            throw new IllegalArgumentException("a segment holds at most 2^" + SEGMENT_BITS + " bytes");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            ByteBuffer[] segments = new ByteBuffer[(int) ((size + (1L << segmentBits) - 1) >> segmentBits)];
            for (int i = 0; i < segments.length; i++) {
                long start = (long) i << segmentBits;
                segments[i] =
                        channel.map(FileChannel.MapMode.READ_ONLY, start, Math.min(1L << segmentBits, size - start));
            }
            return new StoredBytes(segments, size);
        }
    }

    /** What is left of a buffer, which nobody writes to. */
    static StoredBytes of(ByteBuffer content) {
        return new StoredBytes(new ByteBuffer[] {content.slice()}, content.remaining());
    }

    long size() {
        return size;
    }

    /** The bytes from a position on, which must be there. */
    byte[] read(long position, int length) throws IOException {
        Objects.checkFromIndexSize(position, length, size);
        byte[] bytes = new byte[length];
        int segmentSize = segments.length < 2 ? Integer.MAX_VALUE : segments[0].capacity();
        int done = 0;
        try {
            while (done < length) {
                ByteBuffer segment = segments[(int) ((position + done) / segmentSize)];
                int start = (int) ((position + done) % segmentSize);
                int part = Math.min(length - done, segment.capacity() - start);
                segment.get(start, bytes, done, part);
                done += part;
            }
        } catch (InternalError fault) {
            // What Java makes of the signal that the mapped page does not exist any more.
            throw new IOException("the file has been cut off or its disk has failed since it was opened", fault);
        }
        return bytes;
    }

    /** All of it as one buffer, read-only. */
    ByteBuffer whole() throws IOException {
        if (segments.length > 1) {
            throw new IOException("it is larger than 1 GiB");
        }
        return segments.length == 0 ? ByteBuffer.allocate(0) : segments[0].asReadOnlyBuffer();
    }
}
