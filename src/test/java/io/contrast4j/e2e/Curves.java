package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * The curves in a folder of event files as TensorBoard shows them: files in the order of their names, and a session that
 * starts at a step takes away what was there from that step on. Written from event.proto, not from the writer.
 */
final class Curves {
    private final Map<String, NavigableMap<Long, Float>> points = new TreeMap<>();
    private int sessions;

    static Curves of(Path folder) {
        Curves curves = new Curves();
        RunFiles.list(folder).forEach(curves::read);
        return curves;
    }

    /** Points by curve, then by step. */
    Map<String, NavigableMap<Long, Float>> points() {
        return points;
    }

    /** The points of all curves that do not depend on the clock. */
    Map<String, NavigableMap<Long, Float>> timeless() {
        Map<String, NavigableMap<Long, Float>> some = new TreeMap<>(points);
        some.keySet().removeIf(tag -> tag.startsWith("time/"));
        return some;
    }

    /** How many files say that they go on from somewhere. */
    int sessions() {
        return sessions;
    }

    private void read(Path file) {
        ByteBuffer in;
        try {
            in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // A killed process may leave part of a record at the end.
        while (in.remaining() >= 16) {
            int length = (int) in.getLong(in.position());
            if (in.remaining() < 16 + length) {
                break;
            }
            assertThat(in.getInt(in.position() + 8)).isEqualTo(masked(in, in.position(), 8));
            assertThat(in.getInt(in.position() + 12 + length)).isEqualTo(masked(in, in.position() + 12, length));
            event(in.slice(in.position() + 12, length).order(ByteOrder.LITTLE_ENDIAN));
            in.position(in.position() + 16 + length);
        }
    }

    private static int masked(ByteBuffer in, int start, int length) {
        CRC32C crc = new CRC32C();
        crc.update(in.slice(start, length));
        int sum = (int) crc.getValue();
        return ((sum >>> 15) | (sum << 17)) + 0xa282ead8;
    }

    /** Event: step = 2, summary = 5, session_log = 7. */
    private void event(ByteBuffer in) {
        long step = 0;
        while (in.hasRemaining()) {
            long key = varint(in);
            if (key == (2 << 3)) {
                step = varint(in);
            } else if (key == (5 << 3 | 2)) {
                summary(message(in), step);
            } else if (key == (7 << 3 | 2)) {
                long first = step;
                sessions++;
                points.values().forEach(curve -> curve.tailMap(first, true).clear());
                message(in);
            } else {
                skip(in, key);
            }
        }
    }

    /** Summary: value = 1; its tag = 1, its simple_value = 2. */
    private void summary(ByteBuffer in, long step) {
        while (in.hasRemaining()) {
            assertThat(varint(in)).isEqualTo(1 << 3 | 2);
            ByteBuffer value = message(in);
            String tag = "";
            float number = Float.NaN;
            while (value.hasRemaining()) {
                long key = varint(value);
                if (key == (1 << 3 | 2)) {
                    tag = StandardCharsets.UTF_8.decode(message(value)).toString();
                } else if (key == (2 << 3 | 5)) {
                    number = value.getFloat();
                } else {
                    skip(value, key);
                }
            }
            Float before = points.computeIfAbsent(tag, name -> new TreeMap<>()).put(step, number);
            assertThat(before).as("one point of %s at step %d", tag, step).isNull();
        }
    }

    private static ByteBuffer message(ByteBuffer in) {
        int length = (int) varint(in);
        ByteBuffer message = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + length);
        return message;
    }

    private static void skip(ByteBuffer in, long key) {
        switch ((int) key & 7) {
            case 0 -> varint(in);
            case 1 -> in.getLong();
            case 2 -> message(in);
            default -> in.getInt();
        }
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (long) (next & 127) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
