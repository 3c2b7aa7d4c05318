package io.contrast4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What PyTorch 1.6 and later write: a zip file with the records {@code data.pkl}, {@code byteorder} and {@code data/0} …
 * in a folder of any name. Other records are of no use here.
 */
final class ZipContainer implements Container {
    private static final long LARGEST_PICKLE = 1 << 28;

    private final FileBytes file;
    private final ZipDirectory directory;
    private final String root;

    ZipContainer(FileBytes file) throws IOException {
        this.file = file;
        this.directory = new ZipDirectory(file);
        List<String> pickles = directory.records().stream()
                .map(Extent::name)
                .filter(name -> name.matches("[^/]+/data\\.pkl"))
                .toList();
        if (pickles.size() != 1) {
            throw new DamagedFile("it has " + pickles.size() + " records named data.pkl instead of one");
        }
        this.root = pickles.get(0).substring(0, pickles.get(0).indexOf('/') + 1);
        if (directory.find(root + "constants.pkl").isPresent()) {
            throw new DamagedFile(
                    "it holds a TorchScript program and not only tensors", "save the module's state_dict() instead");
        }
        if (directory.find(root + "byteorder").isPresent()
                && !StandardCharsets.US_ASCII
                        .decode(small("byteorder"))
                        .toString()
                        .equals("little")) {
            throw new DamagedFile("it was written on a machine that is not little-endian");
        }
    }

    @Override
    public String name() {
        return "zip";
    }

    @Override
    public @Nullable Object tree(Unpickler.PersistentObjects storages) throws IOException {
        return new Unpickler(small("data.pkl"), storages).load();
    }

    @Override
    public List<Extent> locate(List<StorageInfo> storages) throws IOException {
        List<Extent> extents = new ArrayList<>();
        for (StorageInfo storage : storages) {
            Extent extent = record("data/" + storage.key());
            if (storage.bytes() != extent.size()) {
                throw new DamagedFile("storage " + storage.key() + " should have " + storage.count() + " elements of "
                        + storage.type() + ", but has " + extent.size() + " bytes");
            }
            extents.add(extent);
        }
        return extents;
    }

    @Override
    public List<Extent> records() {
        return List.copyOf(directory.records());
    }

    private ByteBuffer small(String name) throws IOException {
        Extent extent = record(name);
        if (extent.size() > LARGEST_PICKLE) {
            throw new DamagedFile("its record " + name + " has " + extent.size() + " bytes");
        }
        return file.take(extent);
    }

    private Extent record(String name) throws DamagedFile {
        return directory.find(root + name).orElseThrow(() -> new DamagedFile("its record " + name + " is missing"));
    }
}
