package io.contrast4j.checkpoint;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The {@code .pth} files of PyTorch: a tree of values, in a zip file of one pickle ({@code data.pkl}) and one record per
 * storage ({@code data/0} …).
 *
 * <p>A tree is made of {@link Map} (keys: text, whole numbers, {@link Tuple}s of them), {@link OrderedDict}, {@link
 * List}, {@link Tuple}, {@link String}, whole numbers, {@link Double}, {@link Boolean}, {@code null} and {@link Tensor}.
 * What is written here, Python reads with {@code torch.load(file, weights_only=True)}, also with {@code mmap=True}.
 */
public final class PthFile {
    private static final long LARGEST_PICKLE = 1 << 30;
    private static final byte[] ZIP = {'P', 'K', 3, 4};

    private PthFile() {}

    /**
     * Writes the tree. Tensors may be on any device and of any layout; each is written as a contiguous one on the CPU, a
     * piece at a time. The file is there completely or not at all.
     *
     * @throws IOException if the file cannot be written; a file of that name is then as it was before
     */
    static void writeTo(Path file, Map<?, ? extends @Nullable Object> content) throws IOException {
        Pickler pickler = new Pickler();
        byte[] pickle = pickler.dump(content);
        AtomicFile.write(file, channel -> {
            ZipRecords records = new ZipRecords(channel);
            records.add("archive/data.pkl", pickle);
            records.add("archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
            int key = 0;
            for (Tensor tensor : pickler.tensors()) {
                records.add("archive/data/" + key++, tensor);
            }
            records.add("archive/version", "3\n".getBytes(StandardCharsets.US_ASCII));
            records.finish();
        });
    }

    /**
     * Writes the tree. Tensors may be on any device and of any layout; each is written as a contiguous one on the CPU, a
     * piece at a time. The file is there completely or not at all.
     *
     * @throws UserError if the file cannot be written; a file of that name is then as it was before
     */
    public static void write(Path file, Map<?, ? extends @Nullable Object> content) {
        try {
            writeTo(file, content);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " could not be written (" + Reasons.of(failed) + "): " + Reasons.remedy(failed) + ".",
                    failed);
        }
    }

    /**
     * Reads a tree. Nothing in the file is executed: names of Python objects other than those that make up plain data are
     * refused. Besides the types that are written, {@link Namespace}, {@link Complex}, sets and {@code byte[]} are read;
     * numpy scalars become numbers, and types and devices their names.
     *
     * <p>All tensors are on the CPU, whatever device they were saved from, do not record gradients, and belong to the
     * caller's scope. Tensors that shared a storage when they were saved share its memory again.
     *
     * @throws UserError if the file is missing, cannot be read, is damaged, or refers to anything but plain data
     */
    public static @Nullable Object read(Path file) {
        try {
            checkStart(file);
            try (ZipFile zip = new ZipFile(file.toFile())) {
                return new Archive(zip, Files.size(file)).read();
            }
        } catch (DamagedFile damage) {
            throw unreadable(file, damage.getMessage(), damage.remedy(), damage);
        } catch (ZipException damage) {
            throw unreadable(file, damage.getMessage(), "fetch or write it again", damage);
        } catch (NoSuchFileException missing) {
            throw new UserError(UserError.FAILED, file + " does not exist: name an existing checkpoint.", missing);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " cannot be read (" + failed.getMessage() + "): check the file and its permissions.",
                    failed);
        }
    }

    /**
     * Reads a tree whose root is a dictionary, as that of a training checkpoint is.
     *
     * @throws UserError as {@link #read}, and if the root is something else
     */
    public static Map<?, ? extends @Nullable Object> readMap(Path file) {
        if (read(file) instanceof Map<?, ? extends @Nullable Object> map) {
            return map;
        }
        throw new UserError(
                UserError.FAILED, file + " holds no dictionary: name a training checkpoint or a state dict.");
    }

    /** What is damaged in a file, if anything: the checksums of all its records are computed, but no tensor is made. */
    static Optional<String> damage(Path file) {
        ByteBuffer block = ByteBuffer.allocate(1 << 16);
        try (ZipFile zip = new ZipFile(file.toFile())) {
            if (zip.size() == 0) {
                return Optional.of("it is empty");
            }
            for (ZipEntry entry : zip.stream().toList()) {
                try (InputStream in = zip.getInputStream(entry)) {
                    CheckedRecord record = new CheckedRecord(in);
                    while (record.read(block.clear()) >= 0) {
                        // only for its checksum
                    }
                    record.check(entry);
                }
            }
            return Optional.empty();
        } catch (IOException damage) {
            return Optional.of(String.valueOf(damage.getMessage()));
        }
    }

    private static UserError unreadable(Path file, String reason, String remedy, IOException cause) {
        return new UserError(
                UserError.FAILED,
                file + " is not a checkpoint that can be read (" + reason + "): " + remedy + ".",
                cause);
    }

    private static void checkStart(Path file) throws IOException {
        byte[] start;
        try (InputStream in = Files.newInputStream(file)) {
            start = in.readNBytes(ZIP.length);
        }
        if (start.length > 1 && start[0] == (byte) 0x80) {
            throw new DamagedFile(
                    "it has the format of PyTorch before 1.6", "load it in Python and save it again with torch.save");
        }
        if (!Arrays.equals(start, ZIP)) {
            throw new DamagedFile(start.length == 0 ? "it is empty" : "it is no zip file");
        }
    }

    /** One open file and the storages read from it so far. */
    private static final class Archive {
        private final ZipFile zip;
        private final String root;
        private final long fileSize;
        private final Map<String, StoredTensor> storages = new HashMap<>();

        Archive(ZipFile zip, long fileSize) throws DamagedFile {
            this.zip = zip;
            this.fileSize = fileSize;
            List<String> pickles = zip.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.matches("[^/]+/data\\.pkl"))
                    .toList();
            if (pickles.size() != 1) {
                throw new DamagedFile("it has " + pickles.size() + " records named data.pkl instead of one");
            }
            this.root = pickles.get(0).substring(0, pickles.get(0).indexOf('/') + 1);
        }

        @Nullable
        Object read() throws IOException {
            if (zip.getEntry(root + "byteorder") != null
                    && !new String(bytes("byteorder"), StandardCharsets.US_ASCII).equals("little")) {
                throw new DamagedFile("it was written on a machine that is not little-endian");
            }
            byte[] pickle = bytes("data.pkl");
            return new Unpickler(ByteBuffer.wrap(pickle), this::storage).load();
        }

        /** The identity of a storage is (the text "storage", its type, key, device, number of elements). */
        private Object storage(List<? extends @Nullable Object> identity) throws DamagedFile {
            Arguments arguments = new Arguments(identity);
            ElementType type = arguments.get(1, ElementType.class);
            String key = arguments.get(2, String.class);
            long count = arguments.get(4, Long.class);
            if (!arguments.get(0, String.class).equals("storage") || !key.matches("[A-Za-z0-9_]+")) {
                throw new DamagedFile("its pickle refers to an object outside it: " + key);
            }
            StoredTensor stored = storages.get(key);
            if (stored == null) {
                stored = new StoredTensor(type, load(type, key, count));
                storages.put(key, stored);
            }
            if (stored.type() != type || stored.elements().numel() != count) {
                throw new DamagedFile("its pickle describes storage " + key + " in two ways");
            }
            return stored;
        }

        private Tensor load(ElementType type, String key, long count) throws DamagedFile {
            ZipEntry entry = record("data/" + key);
            if (count < 0 || count > entry.getSize() / type.size || count * type.size != entry.getSize()) {
                throw new DamagedFile("storage " + key + " should have " + count + " elements of " + type.torchName
                        + ", but has " + entry.getSize() + " bytes");
            }
            Tensor elements = Tensors.empty(type.scalarType, count);
            try (InputStream in = zip.getInputStream(entry)) {
                CheckedRecord record = new CheckedRecord(in);
                TensorBytes.fill(elements, record);
                record.check(entry);
            } catch (DamagedFile damage) {
                throw damage;
            } catch (IOException failed) {
                throw new DamagedFile("its record " + entry.getName() + " cannot be read: " + failed.getMessage());
            }
            return elements;
        }

        private byte[] bytes(String name) throws IOException {
            ZipEntry entry = record(name);
            if (entry.getSize() > LARGEST_PICKLE) {
                throw new DamagedFile("its record " + name + " claims " + entry.getSize() + " bytes");
            }
            ByteBuffer content = ByteBuffer.allocate((int) entry.getSize());
            try (InputStream in = zip.getInputStream(entry)) {
                CheckedRecord record = new CheckedRecord(in);
                while (content.hasRemaining()) {
                    if (record.read(content) < 0) {
                        throw new DamagedFile("its record " + name + " ends too early");
                    }
                }
                record.check(entry);
            }
            return content.array();
        }

        private ZipEntry record(String name) throws DamagedFile {
            ZipEntry entry = zip.getEntry(root + name);
            if (entry == null) {
                throw new DamagedFile("its record " + name + " is missing");
            }
            if (entry.getMethod() != ZipEntry.STORED) {
                throw new DamagedFile("its record " + name + " is compressed, which torch.save never does");
            }
            // Before anything believes the size and takes memory for it.
            if (entry.getSize() < 0 || entry.getSize() > fileSize) {
                throw new DamagedFile("its record " + name + " claims to be larger than the file");
            }
            return entry;
        }
    }
}
