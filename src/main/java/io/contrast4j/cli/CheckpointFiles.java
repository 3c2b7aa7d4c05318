package io.contrast4j.cli;

import io.contrast4j.checkpoint.OrderedDict;
import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.checkpoint.PthListing;
import io.contrast4j.checkpoint.SafeTensors;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Files with tensors, of either kind: safetensors by their ending, and PyTorch's by what is in them. */
final class CheckpointFiles {
    private CheckpointFiles() {}

    static boolean isSafeTensors(Path file) {
        return file.toString().endsWith(".safetensors");
    }

    /** Everything but the tensors' elements. */
    static PthListing list(Path file) {
        return isSafeTensors(file) ? SafeTensors.list(file) : PthFile.list(file);
    }

    /** Everything; the tensors belong to the caller's scope. */
    static @Nullable Object read(Path file) {
        return isSafeTensors(file) ? new OrderedDict(SafeTensors.read(file)) : PthFile.read(file);
    }
}
