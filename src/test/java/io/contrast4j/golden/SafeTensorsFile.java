package io.contrast4j.golden;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The tensors of a .safetensors file, without LibTorch. */
public record SafeTensorsFile(Map<String, Entry> entries) {
    /**
     * One tensor.
     *
     * @param dtype as the file calls it: F64, F32, U8, …
     * @param bytes row-major, little-endian
     */
    public record Entry(String dtype, long[] shape, ByteBuffer bytes) {
        /** The elements of an F64, F32 or U8 tensor. */
        public double[] doubles() {
            ByteBuffer data = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
            int size = data.remaining() / (dtype.equals("F64") ? 8 : dtype.equals("F32") ? 4 : 1);
            double[] values = new double[size];
            for (int i = 0; i < size; i++) {
                values[i] = switch (dtype) {
                    case "F64" -> data.getDouble();
                    case "F32" -> data.getFloat();
                    case "U8" -> data.get() & 0xFF;
                    default -> throw new IllegalStateException(dtype);
                };
            }
            return values;
        }
    }

    public static SafeTensorsFile read(Path file) {
        try {
            ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            int headerLength = Math.toIntExact(content.getLong());
            int data = Long.BYTES + headerLength;
            JsonObject header = JsonParser.parseString(
                            new String(content.array(), Long.BYTES, headerLength, StandardCharsets.UTF_8))
                    .getAsJsonObject();
            Map<String, Entry> entries = new LinkedHashMap<>();
            for (String name : header.keySet()) {
                if (name.equals("__metadata__")) {
                    continue;
                }
                JsonObject entry = header.getAsJsonObject(name);
                JsonArray range = entry.getAsJsonArray("data_offsets");
                int start = range.get(0).getAsInt();
                int end = range.get(1).getAsInt();
                long[] shape = entry.getAsJsonArray("shape").asList().stream()
                        .mapToLong(axis -> axis.getAsLong())
                        .toArray();
                String dtype = entry.get("dtype").getAsString();
                entries.put(name, new Entry(dtype, shape, content.slice(data + start, end - start)));
            }
            return new SafeTensorsFile(entries);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
