package io.contrast4j.checkpoint;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Named tensors in the <a href="https://github.com/huggingface/safetensors">safetensors</a> format: an unsigned 64-bit
 * length, a JSON header that gives each tensor's type, shape and place, then the tensors' bytes, row-major and
 * little-endian.
 */
public final class SafeTensors {
    // The format's own limit for a header; a longer one is taken for damage.
    /** What LibTorch takes. */
    private static final int AXES = 64;

    private static final long LONGEST_HEADER = 100_000_000;

    private SafeTensors() {}

    /**
     * Reads every tensor, in the order of the header. The tensors own their memory and belong to the caller's scope.
     *
     * @throws UserError if the file is missing, cannot be read, or is not what its header says
     */
    public static Map<String, Tensor> read(Path file) {
        return with(file, (channel, contents) -> {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Map.Entry<String, Entry> named : contents.entries.entrySet()) {
                Entry entry = named.getValue();
                Tensor tensor = Tensors.empty(entry.type.scalarType, entry.shape);
                channel.position(contents.dataStart + entry.begin);
                TensorBytes.fill(tensor, channel);
                tensors.put(named.getKey(), tensor);
            }
            return tensors;
        });
    }

    /**
     * Reads the header only; LibTorch is not needed.
     *
     * @throws UserError as {@link #read}
     */
    public static PthListing list(Path file) {
        return with(file, (channel, contents) -> {
            OrderedDict tree = new OrderedDict();
            List<StorageInfo> storages = new ArrayList<>();
            for (Map.Entry<String, Entry> named : contents.entries.entrySet()) {
                Entry entry = named.getValue();
                long count = (entry.end - entry.begin) / entry.type.size;
                StorageInfo storage = new StorageInfo(named.getKey(), entry.type, count, "cpu");
                storages.add(storage);
                tree.put(named.getKey(), new TensorInfo(entry.type, View.contiguous(entry.shape), storage));
            }
            return new PthListing(tree, "safetensors", channel.size(), storages);
        });
    }

    private record Contents(Map<String, Entry> entries, long dataStart) {}

    private interface Use<T> {
        T of(FileChannel channel, Contents contents) throws IOException;
    }

    private static <T> T with(Path file, Use<T> use) {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer length = take(channel, 8);
            long headerSize = length.getLong();
            if (headerSize < 2 || headerSize > LONGEST_HEADER || headerSize > channel.size() - 8) {
                throw new DamagedFile("its header claims " + Long.toUnsignedString(headerSize) + " bytes");
            }
            ByteBuffer header = take(channel, (int) headerSize);
            long dataStart = 8 + headerSize;
            Map<String, Entry> entries =
                    parse(StandardCharsets.UTF_8.decode(header).toString());
            checkPlaces(entries, channel.size() - dataStart);
            return use.of(channel, new Contents(entries, dataStart));
        } catch (DamagedFile damage) {
            throw new UserError(
                    UserError.FAILED,
                    file + " is not a valid safetensors file (" + damage.getMessage() + "): fetch or write it again.",
                    damage);
        } catch (NoSuchFileException missing) {
            throw new UserError(
                    UserError.FAILED, file + " does not exist: name an existing safetensors file.", missing);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " cannot be read (" + failed.getMessage() + "): check the file and its permissions.",
                    failed);
        }
    }

    /**
     * Writes the tensors, listed in the order of the map. The bytes are laid out by falling element size, so that every
     * tensor is aligned for its type. The file is there completely or not at all.
     *
     * @throws UserError if the file cannot be written
     */
    public static void write(Path file, Map<String, Tensor> tensors) {
        tensors.forEach((name, tensor) -> {
            if (ElementType.of(tensor).safetensorsName.isEmpty()) {
                throw new UserError(
                        UserError.FAILED,
                        file + " cannot be written: the format safetensors has no " + ElementType.of(tensor) + " as "
                                + name + " is; convert it before.");
            }
        });
        List<Map.Entry<String, Tensor>> layout = new ArrayList<>(tensors.entrySet());
        layout.sort(Comparator.comparingInt(named -> -ElementType.of(named.getValue()).size));
        Map<String, Long> begins = new LinkedHashMap<>();
        long at = 0;
        for (Map.Entry<String, Tensor> named : layout) {
            begins.put(named.getKey(), at);
            at += named.getValue().numel() * ElementType.of(named.getValue()).size;
        }
        try {
            byte[] header = header(tensors, begins).getBytes(StandardCharsets.UTF_8);
            int padded = (header.length + 7) / 8 * 8;
            ByteBuffer start = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
            start.putLong(padded).put(header);
            while (start.hasRemaining()) {
                start.put((byte) ' ');
            }
            start.flip();
            AtomicFile.write(file, channel -> {
                while (start.hasRemaining()) {
                    channel.write(start);
                }
                for (Map.Entry<String, Tensor> named : layout) {
                    TensorBytes.write(named.getValue(), channel);
                }
            });
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " could not be written (" + failed.getMessage() + "): check the folder and the free space.",
                    failed);
        }
    }

    private static String header(Map<String, Tensor> tensors, Map<String, Long> begins) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.beginObject();
            for (Map.Entry<String, Tensor> named : tensors.entrySet()) {
                Tensor tensor = named.getValue();
                ElementType type = ElementType.of(tensor);
                long begin = begins.get(named.getKey());
                json.name(named.getKey()).beginObject();
                json.name("dtype").value(type.safetensorsName);
                json.name("shape").beginArray();
                for (long length : Tensors.shape(tensor)) {
                    json.value(length);
                }
                json.endArray();
                json.name("data_offsets").beginArray();
                json.value(begin).value(begin + tensor.numel() * type.size);
                json.endArray().endObject();
            }
            json.endObject();
        }
        return text.toString();
    }

    private static Map<String, Entry> parse(String header) throws IOException {
        Map<String, Entry> entries = new LinkedHashMap<>();
        try (JsonReader json = new JsonReader(new StringReader(header))) {
            json.beginObject();
            while (json.hasNext()) {
                String name = json.nextName();
                if (name.equals("__metadata__")) {
                    json.skipValue();
                } else if (entries.put(name, entry(name, json)) != null) {
                    throw new DamagedFile("tensor " + name + " is listed twice");
                }
            }
            json.endObject();
            if (json.peek() != JsonToken.END_DOCUMENT) {
                throw new IllegalStateException("text after the header");
            }
        } catch (DamagedFile damage) {
            throw damage;
        } catch (IOException | IllegalStateException | NumberFormatException malformed) {
            throw new DamagedFile("its header is not the expected JSON");
        }
        return entries;
    }

    private static Entry entry(String name, JsonReader json) throws IOException {
        String type = "";
        long[] shape = {-1};
        long[] offsets = {};
        json.beginObject();
        while (json.hasNext()) {
            switch (json.nextName()) {
                case "dtype" -> type = json.nextString();
                case "shape" -> shape = longs(json);
                case "data_offsets" -> offsets = longs(json);
                default -> json.skipValue();
            }
        }
        json.endObject();
        String unknown = "tensor " + name + " has the unknown dtype \"" + type + "\"";
        ElementType elementType = ElementType.ofSafetensors(type).orElseThrow(() -> new DamagedFile(unknown));
        if (shape.length > AXES) {
            throw new DamagedFile("tensor " + name + " has " + shape.length + " axes, and not at most " + AXES);
        }
        // Strides are counted with empty axes as if they were of length 1, and must be numbers too.
        long size = elementType.size;
        long stride = 1;
        for (long length : shape) {
            if (length < 0) {
                throw new DamagedFile("tensor " + name + " has no valid shape");
            }
            try {
                size = Math.multiplyExact(size, length);
                stride = Math.multiplyExact(stride, Math.max(1, length));
            } catch (ArithmeticException overflow) {
                throw new DamagedFile("tensor " + name + " has the impossible shape " + Arrays.toString(shape));
            }
        }
        if (stride > Long.MAX_VALUE / elementType.size) {
            throw new DamagedFile("tensor " + name + " has the impossible shape " + Arrays.toString(shape));
        }
        if (offsets.length != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] - offsets[0] != size) {
            throw new DamagedFile("tensor " + name + " needs " + size + " bytes, but its data_offsets are "
                    + Arrays.toString(offsets));
        }
        return new Entry(elementType, shape, offsets[0], offsets[1]);
    }

    private static long[] longs(JsonReader json) throws IOException {
        List<Long> values = new ArrayList<>();
        json.beginArray();
        while (json.hasNext()) {
            values.add(json.nextLong());
        }
        json.endArray();
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    /** The tensors must cover the data without gaps and overlaps, as the format demands. */
    private static void checkPlaces(Map<String, Entry> entries, long dataSize) throws DamagedFile {
        List<Map.Entry<String, Entry>> byPlace = new ArrayList<>(entries.entrySet());
        byPlace.sort(Comparator.<Map.Entry<String, Entry>>comparingLong(named -> named.getValue().begin)
                .thenComparingLong(named -> named.getValue().end));
        long at = 0;
        for (Map.Entry<String, Entry> named : byPlace) {
            if (named.getValue().begin != at) {
                throw new DamagedFile("tensor " + named.getKey() + " begins at byte " + named.getValue().begin
                        + " of the data, where " + at + " was expected");
            }
            at = named.getValue().end;
        }
        if (at != dataSize) {
            throw new DamagedFile("its tensors take " + at + " bytes, but the file has " + dataSize);
        }
    }

    private static ByteBuffer take(FileChannel channel, int size) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new DamagedFile("it ends after " + channel.size() + " bytes");
            }
        }
        return buffer.flip();
    }

    private record Entry(ElementType type, long[] shape, long begin, long end) {}
}
