package io.contrast4j.checkpoint;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What PyTorch before 1.6 wrote, often named {@code .pth.tar} although it is no archive: five pickles in a row (a magic
 * number, the version of the format, a description of the machine, the tree, the keys of the storages), then for each key
 * a 64-bit number of elements and the elements. There are no checksums.
 */
final class LegacyContainer implements Container {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long VERSION = 1001;

    // A buffer's limit; what is mapped costs nothing until it is looked at.
    private static final long LONGEST_STREAM = Integer.MAX_VALUE;

    private final FileBytes file;
    private final ByteBuffer stream;
    private final int begin;

    LegacyContainer(FileBytes file) throws IOException {
        this.file = file;
        this.stream = file.map(0, Math.min(file.size(), LONGEST_STREAM));
        if (!MAGIC.equals(plain())) {
            throw new DamagedFile("it is a pickle, but none of torch.save");
        }
        Object version = plain();
        if (!version.equals(VERSION)) {
            throw new DamagedFile(
                    "it has version " + version + " of the format before PyTorch 1.6 instead of " + VERSION);
        }
        if (!(plain() instanceof Map<?, ?> machine) || !Boolean.TRUE.equals(machine.get("little_endian"))) {
            throw new DamagedFile("it was written on a machine that is not little-endian");
        }
        this.begin = stream.position();
    }

    @Override
    public String name() {
        return "legacy";
    }

    @Override
    public @Nullable Object tree(Unpickler.PersistentObjects storages) throws IOException {
        return new Unpickler(stream.position(begin), storages).load();
    }

    /** The keys are behind the tree, where reading it has ended. */
    @Override
    public List<Extent> locate(List<StorageInfo> storages) throws IOException {
        Map<String, StorageInfo> named = new HashMap<>();
        storages.forEach(storage -> named.put(storage.key(), storage));
        if (!(plain() instanceof List<?> keys)) {
            throw new DamagedFile("its list of storages is missing");
        }
        Map<String, Extent> extents = new LinkedHashMap<>();
        long at = stream.position();
        for (Object key : keys) {
            StorageInfo storage = key instanceof String text ? named.get(text) : null;
            if (storage == null) {
                throw new DamagedFile("it has a storage " + key + " that its tree does not use");
            }
            long count = file.take(at, 8).getLong();
            if (count != storage.count()) {
                throw new DamagedFile(
                        "storage " + key + " should have " + storage.count() + " elements, but has " + count);
            }
            at += 8;
            if (storage.bytes() > file.size() - at) {
                throw new DamagedFile("it ends within the storage " + key);
            }
            if (extents.put(storage.key(), new Extent(storage.key(), at, storage.bytes(), OptionalInt.empty()))
                    != null) {
                throw new DamagedFile("it has the storage " + key + " twice");
            }
            at += storage.bytes();
        }
        List<Extent> inOrder = new ArrayList<>();
        for (StorageInfo storage : storages) {
            Extent extent = extents.get(storage.key());
            if (extent == null) {
                throw new DamagedFile("its storage " + storage.key() + " is missing");
            }
            inOrder.add(extent);
        }
        return inOrder;
    }

    @Override
    public List<Extent> records() {
        return List.of();
    }

    /** The next pickle, which has no tensors. */
    private Object plain() throws DamagedFile {
        Object value = new Unpickler(stream, identity -> {
                    throw new DamagedFile("its parts are not in the right order");
                })
                .load();
        return value == null ? "nothing" : value;
    }
}
