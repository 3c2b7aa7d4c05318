package io.contrast4j.metrics;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A text file with one JSON object a line. A line is written at once, so that a reader never sees half of one; only a
 * crash can leave a torn last line, which is dropped when the file is opened again. For one thread.
 *
 * <p>Numbers are rounded to the fewest digits that are read back as the same number. NaN and the infinities,
 * which JSON does not have, become {@code null}.
 */
public final class JsonLines implements AutoCloseable {
    private final RunFile file;

    private JsonLines(RunFile file) {
        this.file = file;
    }

    /** Opens the file to add lines after those that are there. */
    public static JsonLines open(Path file) {
        return resume(file, Long.MAX_VALUE);
    }

    /**
     * Opens the file to go on from an earlier {@link #position()}, as a checkpoint holds it: what was written after it is
     * dropped, so that the steps a resumed run repeats are there once. A file that has become shorter keeps all its lines.
     */
    public static JsonLines resume(Path file, long position) {
        RunFile lines =
                RunFile.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        lines.run(channel -> {
            long end = Math.min(position, channel.size());
            ByteBuffer last = ByteBuffer.allocate(1);
            while (end > 0) {
                channel.read(last.clear(), end - 1);
                if (last.get(0) == '\n') {
                    break;
                }
                end--;
            }
            channel.truncate(end);
            return channel.position(end);
        });
        return new JsonLines(lines);
    }

    /** The size of the file in bytes: where the next line will start. */
    public long position() {
        return file.run(channel -> channel.position());
    }

    /** Adds a line. Values are numbers, texts, truth values or null. */
    public void write(Map<String, ? extends @Nullable Object> values) {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            for (Map.Entry<String, ? extends @Nullable Object> named : values.entrySet()) {
                json.name(named.getKey());
                value(json, named.getValue());
            }
            json.endObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        file.append((text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        file.close();
    }

    private static void value(JsonWriter json, @Nullable Object value) throws IOException {
        if (value == null) {
            json.nullValue();
        } else if (value instanceof Boolean truth) {
            json.value(truth);
        } else if (value instanceof Float || value instanceof Double) {
            double number = ((Number) value).doubleValue();
            if (Double.isFinite(number)) {
                json.jsonValue(shortest(number, value instanceof Float));
            } else {
                json.nullValue();
            }
        } else if (value instanceof Number number) {
            json.value(number);
        } else {
            json.value(value.toString());
        }
    }

    /** Double.toString of Java 17 sometimes has needless digits: 2e23 is 1.9999999999999998E23 there. */
    static String shortest(double number, boolean float32) {
        if (number == 0) {
            return 1 / number > 0 ? "0.0" : "-0.0";
        }
        BigDecimal exact = new BigDecimal(number);
        // Nearly always this is the answer already: one digit fewer is tried once, where counting up would try them
        // all.
        String near = float32 ? Float.toString((float) number) : Double.toString(number);
        int digits = new BigDecimal(near).stripTrailingZeros().precision();
        BigDecimal rounded = exact.round(new MathContext(digits));
        // Below a power of two numbers lie twice as near as above it: what is nearest may then be another number.
        while (!isSame(rounded, number, float32)) {
            rounded = exact.round(new MathContext(++digits));
        }
        while (digits > 1) {
            BigDecimal shorter = exact.round(new MathContext(digits - 1));
            if (!isSame(shorter, number, float32)) {
                break;
            }
            rounded = shorter;
            digits--;
        }
        int exponent = rounded.precision() - rounded.scale() - 1;
        BigDecimal stripped = rounded.stripTrailingZeros();
        return -6 <= exponent && exponent < 16 ? stripped.toPlainString() : stripped.toString();
    }

    private static boolean isSame(BigDecimal decimal, double number, boolean float32) {
        return float32 ? decimal.floatValue() == (float) number : decimal.doubleValue() == number;
    }
}
