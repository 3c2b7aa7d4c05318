package io.contrast4j.embed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/** One tensor in the safetensors format. Its header has a fixed length, as the number of rows is known at the end only. */
final class SafeTensorsSink implements EmbeddingFormat.Sink {
    private static final int HEADER = 256;

    private final ChannelBuffer out;
    private final int dimension;
    private long rows;

    SafeTensorsSink(FileChannel channel, int dimension) throws IOException {
        this.out = new ChannelBuffer(channel);
        this.dimension = dimension;
        out.bytes(header());
    }

    private byte[] header() {
        String json = "{\"embeddings\":{\"dtype\":\"F32\",\"shape\":[" + rows + "," + dimension
                + "],\"data_offsets\":[0," + rows * dimension * Float.BYTES + "]}}";
        int length = HEADER - Long.BYTES;
        ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(length).put((json + " ".repeat(length - json.length())).getBytes(StandardCharsets.US_ASCII));
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
