package io.contrast4j.embed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** Collects little-endian values on their way to a file. */
final class ChannelBuffer {
    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18).order(ByteOrder.LITTLE_ENDIAN);

    ChannelBuffer(FileChannel channel) {
        this.channel = channel;
    }

    void floats(float[] values) throws IOException {
        for (float value : values) {
            room(Float.BYTES).putFloat(value);
        }
    }

    void integer(int value) throws IOException {
        room(Integer.BYTES).putInt(value);
    }

    void bytes(byte[] bytes) throws IOException {
        bytes(ByteBuffer.wrap(bytes));
    }

    void bytes(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            ByteBuffer room = room(1);
            int count = Math.min(room.remaining(), bytes.remaining());
            room.put(bytes.slice(bytes.position(), count));
            bytes.position(bytes.position() + count);
        }
    }

    private ByteBuffer room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            flush();
        }
        return buffer;
    }

    /** The bytes so far. */
    long position() throws IOException {
        return channel.position() + buffer.position();
    }

    void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    /** Writes all, then other bytes at the beginning of the file. */
    void finish(byte[] start) throws IOException {
        flush();
        long end = channel.position();
        channel.position(0);
        bytes(start);
        flush();
        channel.position(end);
    }
}
