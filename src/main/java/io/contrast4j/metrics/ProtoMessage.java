package io.contrast4j.metrics;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A message in the wire format of Protocol Buffers, as far as event files need it: each field is a key (number · 8 +
 * type) and a value of 64 bits (type 1), a length and bytes (type 2), 32 bits (type 5), or a varint (type 0).
 */
final class ProtoMessage {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    ProtoMessage varint(int field, long value) {
        rawVarint((long) field << 3);
        rawVarint(value);
        return this;
    }

    ProtoMessage float64(int field, double value) {
        rawVarint((long) field << 3 | 1);
        out.writeBytes(littleEndian(8).putDouble(value).array());
        return this;
    }

    /** A packed list: one key, the length in bytes, and the values. */
    ProtoMessage float64s(int field, List<Double> values) {
        ByteBuffer packed = littleEndian(8 * values.size());
        values.forEach(packed::putDouble);
        return bytes(field, packed.array());
    }

    ProtoMessage float32(int field, float value) {
        rawVarint((long) field << 3 | 5);
        out.writeBytes(littleEndian(4).putFloat(value).array());
        return this;
    }

    ProtoMessage text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    ProtoMessage message(int field, ProtoMessage value) {
        return bytes(field, value.toBytes());
    }

    byte[] toBytes() {
        return out.toByteArray();
    }

    ProtoMessage bytes(int field, byte[] value) {
        rawVarint((long) field << 3 | 2);
        rawVarint(value.length);
        out.writeBytes(value);
        return this;
    }

    /** Seven bits a byte, the lowest first; the highest bit of a byte says that another follows. */
    private void rawVarint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    private static ByteBuffer littleEndian(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
