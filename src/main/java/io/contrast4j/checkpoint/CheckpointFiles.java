package io.contrast4j.checkpoint;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Files with tensors, of either kind: safetensors by their ending, and PyTorch's by what is in them. */
public final class CheckpointFiles {
    private CheckpointFiles() {}

    public static boolean isSafeTensors(Path file) {
        return file.toString().endsWith(".safetensors");
    }

    /** Everything but the tensors' elements. */
    public static PthListing list(Path file) {
        return isSafeTensors(file) ? SafeTensors.list(file) : PthFile.list(file);
    }

    /** Everything; the tensors belong to the caller's scope. */
    public static @Nullable Object read(Path file) {
        return isSafeTensors(file) ? new OrderedDict(SafeTensors.read(file)) : PthFile.read(file);
    }

    /** Some of the tensors of its {@link #list}; they belong to the caller's scope. */
    public static Map<String, Tensor> load(Path file, Map<String, TensorInfo> chosen) {
        if (!isSafeTensors(file)) {
            return PthFile.load(file, chosen);
        }
        Map<String, Tensor> all = SafeTensors.read(file);
        Map<String, Tensor> loaded = new LinkedHashMap<>();
        chosen.forEach((name, info) -> loaded.put(name, all.get(info.storage().key())));
        return loaded;
    }
}
