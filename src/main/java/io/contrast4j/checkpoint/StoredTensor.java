package io.contrast4j.checkpoint;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * A storage that has been loaded.
 *
 * @param elements one-dimensional
 */
record StoredTensor(ElementType type, Tensor elements) implements Storage {
    @Override
    public long count() {
        return elements.numel();
    }

    /** It shares the memory of the storage. */
    @Override
    public Tensor view(ElementType as, View view) throws DamagedFile {
        long count = type == as ? count() : count() * type.size / as.size;
        view.check(as, count);
        if (type == as) {
            return elements.as_strided(view.size(), view.stride(), new LongOptional(view.offset()));
        }
        // A number of bytes that is no multiple of the type's size has a rest that no view can reach.
        return elements.narrow(0, 0, count * as.size)
                .view(as.scalarType)
                .as_strided(view.size(), view.stride(), new LongOptional(view.offset()));
    }
}
