package io.contrast4j.embed;

import com.google.flatbuffers.FlatBufferBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.flatbuf.Block;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.Endianness;
import org.apache.arrow.flatbuf.Field;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.FixedSizeList;
import org.apache.arrow.flatbuf.FloatingPoint;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.MetadataVersion;
import org.apache.arrow.flatbuf.Precision;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.flatbuf.Schema;
import org.apache.arrow.flatbuf.Type;
import org.apache.arrow.flatbuf.Utf8;

/**
 * Apache Arrow's IPC file format (Feather version 2) with two columns: {@code file}, texts, and {@code embedding}, lists of D
 * float32 numbers each. A message for the schema, one for each thousand rows or 16 MiB, then a footer that says where those are.
 */
final class ArrowSink implements EmbeddingFormat.Sink {
    private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);
    private static final int CONTINUATION = -1;
    private static final int ALIGNMENT = 8;
    private static final int BATCH = 1024;

    /** Of the vectors of a message; one that is longer is alone in its message. */
    private static final int LARGEST = 1 << 24;

    private static final int NONE = 0;

    private final ChannelBuffer out;
    private final int dimension;
    private final List<float[]> vectors = new ArrayList<>();
    private final List<byte[]> names = new ArrayList<>();
    private final List<Place> batches = new ArrayList<>();

    /** Where a message is in the file. */
    private record Place(long offset, int metadata, long body) {}

    ArrowSink(FileChannel channel, int dimension) throws IOException {
        this.out = new ChannelBuffer(channel);
        this.dimension = dimension;
        out.bytes(MAGIC);
        pad(MAGIC.length);
        FlatBufferBuilder builder = new FlatBufferBuilder();
        message(builder, MessageHeader.Schema, schema(builder), 0);
    }

    private int schema(FlatBufferBuilder builder) {
        int item = field(
                builder,
                "item",
                Type.FloatingPoint,
                FloatingPoint.createFloatingPoint(builder, Precision.SINGLE),
                new int[0]);
        int list = FixedSizeList.createFixedSizeList(builder, dimension);
        int embedding = field(builder, "embedding", Type.FixedSizeList, list, new int[] {item});
        Utf8.startUtf8(builder);
        int file = field(builder, "file", Type.Utf8, Utf8.endUtf8(builder), new int[0]);
        int fields = Schema.createFieldsVector(builder, new int[] {file, embedding});
        return Schema.createSchema(builder, Endianness.Little, fields, NONE, NONE);
    }

    private static int field(FlatBufferBuilder builder, String name, byte type, int typeOffset, int[] children) {
        int label = builder.createString(name);
        int below = Field.createChildrenVector(builder, children);
        return Field.createField(builder, label, false, type, typeOffset, NONE, below, NONE);
    }

    @Override
    public void add(String name, float[] vector) throws IOException {
        names.add(name.getBytes(StandardCharsets.UTF_8));
        vectors.add(vector);
        if (vectors.size() == BATCH || (vectors.size() + 1L) * dimension * Float.BYTES > LARGEST) {
            batch();
        }
    }

    private void batch() throws IOException {
        int rows = vectors.size();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        int[] ends = new int[rows + 1];
        for (int row = 0; row < rows; row++) {
            text.writeBytes(names.get(row));
            ends[row + 1] = text.size();
        }
        // Columns without missing values have no bits that say which are there.
        long[] lengths = {0, Integer.BYTES * (rows + 1L), text.size(), 0, 0, (long) Float.BYTES * rows * dimension};
        long[] offsets = new long[lengths.length];
        long body = 0;
        for (int i = 0; i < lengths.length; i++) {
            offsets[i] = body;
            body += aligned(lengths[i]);
        }

        FlatBufferBuilder builder = new FlatBufferBuilder();
        // Vectors of flatbuffers are built from their ends.
        RecordBatch.startNodesVector(builder, 3);
        FieldNode.createFieldNode(builder, (long) rows * dimension, 0);
        FieldNode.createFieldNode(builder, rows, 0);
        FieldNode.createFieldNode(builder, rows, 0);
        int nodes = builder.endVector();
        RecordBatch.startBuffersVector(builder, lengths.length);
        for (int i = lengths.length - 1; i >= 0; i--) {
            Buffer.createBuffer(builder, offsets[i], lengths[i]);
        }
        int buffers = builder.endVector();
        RecordBatch.startRecordBatch(builder);
        RecordBatch.addLength(builder, rows);
        RecordBatch.addNodes(builder, nodes);
        RecordBatch.addBuffers(builder, buffers);
        long start = out.position();
        int metadata = message(builder, MessageHeader.RecordBatch, RecordBatch.endRecordBatch(builder), body);
        batches.add(new Place(start, metadata, body));

        for (int end : ends) {
            out.integer(end);
        }
        pad(lengths[1]);
        out.bytes(text.toByteArray());
        pad(lengths[2]);
        for (float[] vector : vectors) {
            out.floats(vector);
        }
        pad(lengths[5]);
        names.clear();
        vectors.clear();
    }

    /** @return the bytes it takes without its body */
    private int message(FlatBufferBuilder builder, byte type, int header, long body) throws IOException {
        builder.finish(Message.createMessage(builder, MetadataVersion.V5, type, header, body, NONE));
        ByteBuffer content = builder.dataBuffer();
        int length = content.remaining();
        int padded = (int) aligned(length);
        out.integer(CONTINUATION);
        out.integer(padded);
        out.bytes(content);
        pad(length);
        return 2 * Integer.BYTES + padded;
    }

    private static long aligned(long length) {
        return (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private void pad(long length) throws IOException {
        out.bytes(new byte[(int) (aligned(length) - length)]);
    }

    @Override
    public void finish() throws IOException {
        if (!vectors.isEmpty()) {
            batch();
        }
        out.integer(CONTINUATION);
        out.integer(0);
        FlatBufferBuilder builder = new FlatBufferBuilder();
        int schema = schema(builder);
        Footer.startRecordBatchesVector(builder, batches.size());
        for (int i = batches.size() - 1; i >= 0; i--) {
            Place place = batches.get(i);
            Block.createBlock(builder, place.offset, place.metadata, place.body);
        }
        int blocks = builder.endVector();
        Footer.startFooter(builder);
        Footer.addVersion(builder, MetadataVersion.V5);
        Footer.addSchema(builder, schema);
        Footer.addRecordBatches(builder, blocks);
        builder.finish(Footer.endFooter(builder));
        ByteBuffer content = builder.dataBuffer();
        int length = content.remaining();
        out.bytes(content);
        out.integer(length);
        out.bytes(MAGIC);
        out.flush();
    }
}
