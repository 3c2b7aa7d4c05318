package io.contrast4j.embed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/** An array in NumPy's format 1.0. Its header has a fixed length, as the number of rows is known at the end only. */
final class NpySink implements EmbeddingFormat.Sink {
    private static final int HEADER = 128;
    private static final int BEFORE_TEXT = 10;
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

    private final ChannelBuffer out;
    private final int dimension;
    private long rows;

    NpySink(FileChannel channel, int dimension) throws IOException {
        this.out = new ChannelBuffer(channel);
        this.dimension = dimension;
        out.bytes(header());
    }

    private byte[] header() {
        String shape = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + rows + ", " + dimension + "), }";
        String text = shape + " ".repeat(HEADER - BEFORE_TEXT - 1 - shape.length()) + "\n";
        ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).putShort((short) text.length()).put(text.getBytes(StandardCharsets.US_ASCII));
        return header.array();
    }

    @Override
    public void add(String name, float[] vector) throws IOException {
        out.floats(vector);
        rows++;
    }

    @Override
    public void finish() throws IOException {
        out.finish(header());
    }
}
