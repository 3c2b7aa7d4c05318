package io.contrast4j.checkpoint;

import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * An open file. Its tree is read twice: first with descriptions in the places of tensors, which shows that every tensor
 * lies in its storage and every storage in the file; only then is memory taken, and the tree read again with tensors.
 */
final class PthReader implements AutoCloseable {
    // A count with which no number of bytes overflows.
    private static final long MOST_ELEMENTS = Long.MAX_VALUE / 32;

    private final FileChannel channel;
    private final FileBytes file;
    private final Container container;
    private final Map<String, StorageInfo> storages = new LinkedHashMap<>();
    private final @Nullable Object tree;
    private final List<Extent> extents;

    private PthReader(FileChannel channel) throws IOException {
        this.channel = channel;
        this.file = new FileBytes(channel);
        this.container = container();
        this.tree = container.tree(identity -> storage(identity, this::listed));
        TreeBounds.check(tree);
        this.extents = container.locate(List.copyOf(storages.values()));
    }

    static PthReader open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file);
        try {
            return new PthReader(channel);
        } catch (IOException | RuntimeException | Error failed) {
            channel.close();
            throw failed;
        }
    }

    private Container container() throws IOException {
        if (file.size() == 0) {
            throw new DamagedFile("it is empty");
        }
        int first = file.take(0, 1).get();
        if (first == (byte) 0x80) {
            return new LegacyContainer(file);
        }
        if (first != 'P' || file.size() < 4 || file.take(0, 4).getInt() != 0x04034b50) {
            throw new DamagedFile("it is no zip file, and no pickle either");
        }
        return new ZipContainer(file);
    }

    PthListing listing() {
        return new PthListing(tree, container.name(), file.size(), List.copyOf(storages.values()));
    }

    /** Reads all tensors. */
    @Nullable
    Object load() throws IOException {
        Map<String, StoredTensor> loaded = load(List.copyOf(storages.values()));
        return container.tree(identity -> storage(identity, info -> loaded.get(info.key())));
    }

    /** Reads the chosen tensors; those that share a storage in the file share it in memory. */
    Map<String, Tensor> load(Map<String, TensorInfo> chosen) throws IOException {
        Map<String, StorageInfo> needed = new LinkedHashMap<>();
        for (TensorInfo info : chosen.values()) {
            StorageInfo storage = info.storage();
            if (!storage.equals(storages.get(storage.key()))) {
                throw new DamagedFile("it is not the file that was listed", "list it again");
            }
            needed.put(storage.key(), storage);
        }
        Map<String, StoredTensor> loaded = load(List.copyOf(needed.values()));
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, TensorInfo> named : chosen.entrySet()) {
            TensorInfo info = named.getValue();
            tensors.put(named.getKey(), loaded.get(info.storage().key()).view(info.type(), info.view()));
        }
        return tensors;
    }

    /** Computes all checksums. */
    void verify() throws IOException {
        for (Extent record : container.records()) {
            file.verify(record);
        }
    }

    private Map<String, StoredTensor> load(List<StorageInfo> wanted) throws IOException {
        List<String> keys = List.copyOf(storages.keySet());
        Map<String, Extent> places = new LinkedHashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            places.put(keys.get(i), extents.get(i));
        }
        StorageLoader loader = new StorageLoader(file);
        Map<String, StoredTensor> loaded = new LinkedHashMap<>();
        for (StorageInfo info : wanted) {
            Tensor elements = empty(info, wanted);
            loader.add(places.get(info.key()), elements);
            loaded.put(info.key(), new StoredTensor(info.type(), elements));
        }
        loader.load();
        return loaded;
    }

    private static Tensor empty(StorageInfo info, List<StorageInfo> wanted) throws DamagedFile {
        try {
            return Tensors.empty(info.type().scalarType, info.count());
        } catch (RuntimeException noMemory) {
            long bytes = wanted.stream().mapToLong(StorageInfo::bytes).sum();
            throw new DamagedFile(
                    "its tensors take " + bytes + " bytes, for which there is no memory",
                    "use a machine that has more");
        }
    }

    /**
     * The identity of a storage is (the text "storage", its class, key, device, number of elements), and in old files
     * also nothing, or (the key, begin and number of elements) of a part of it.
     */
    private Object storage(List<? extends @Nullable Object> identity, Function<StorageInfo, ? extends Storage> found)
            throws DamagedFile {
        Arguments arguments = new Arguments(identity);
        if (!arguments.get(0, String.class).equals("storage")) {
            throw new DamagedFile(
                    "it holds a whole module with its Python class and not only tensors",
                    "save the module's state_dict() instead");
        }
        ElementType type = arguments.get(1, PickleGlobals.StorageClass.class).type();
        String key = arguments.get(2, String.class);
        if (!key.matches("[A-Za-z0-9_]{1,64}")) {
            throw new DamagedFile("its pickle refers to an object outside it: " + key);
        }
        long count = arguments.get(4, Long.class);
        if (count < 0 || count > MOST_ELEMENTS) {
            throw new DamagedFile("storage " + key + " claims " + count + " elements");
        }
        Storage whole = found.apply(new StorageInfo(key, type, count, arguments.get(3, String.class)));
        if (whole.type() != type || whole.count() != count) {
            throw new DamagedFile("its pickle describes storage " + key + " in two ways");
        }
        if (identity.size() > 5 && identity.get(5) != null) {
            Arguments part = new Arguments(arguments.get(5, Tuple.class).items());
            long begin = part.get(1, Long.class);
            long size = part.get(2, Long.class);
            if (begin < 0 || size < 0 || begin > count - size) {
                throw new DamagedFile("its pickle names a part of storage " + key + " that is outside it");
            }
            return new StorageSlice(whole, begin, size);
        }
        return whole;
    }

    private StorageInfo listed(StorageInfo info) {
        StorageInfo first = storages.putIfAbsent(info.key(), info);
        return first == null ? info : first;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
