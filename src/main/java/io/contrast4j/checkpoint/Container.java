package io.contrast4j.checkpoint;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One of the two ways in which PyTorch lays a pickle and the storages it refers to into a file. */
interface Container {
    /** What it is called: {@code zip}, {@code legacy}. */
    String name();

    /** Reads the tree. It may be read several times. */
    @Nullable
    Object tree(Unpickler.PersistentObjects storages) throws IOException;

    /**
     * Finds the bytes of the storages that the tree refers to, after it has been read.
     *
     * @return in their order
     * @throws DamagedFile if one is missing or not as long as the pickle says
     */
    List<Extent> locate(List<StorageInfo> storages) throws IOException;

    /** All that has a checksum. */
    List<Extent> records();
}
