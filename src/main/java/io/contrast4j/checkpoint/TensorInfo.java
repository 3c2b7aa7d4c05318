package io.contrast4j.checkpoint;

import java.util.Arrays;

/** A tensor of a file that is listed and not loaded. Two are equal only if they are the same one. */
public final class TensorInfo {
    private final ElementType type;
    private final View view;
    private final StorageInfo storage;

    TensorInfo(ElementType type, View view, StorageInfo storage) {
        this.type = type;
        this.view = view;
        this.storage = storage;
    }

    public ElementType type() {
        return type;
    }

    /** The lengths of the axes. */
    public long[] shape() {
        return view.size().clone();
    }

    /** The steps along the axes, in elements. */
    public long[] stride() {
        return view.stride().clone();
    }

    /** Of the first element in the storage. */
    public long offset() {
        return view.offset();
    }

    /** The memory it was saved in, which others may share. */
    public StorageInfo storage() {
        return storage;
    }

    View view() {
        return view;
    }

    /** How many elements it has. */
    public long elements() {
        return Arrays.stream(view.size()).reduce(1, (a, b) -> a * b);
    }

    /** What its elements take, written in a row. */
    public long bytes() {
        return elements() * type.size;
    }

    /** {@code float32 64×3×7×7}. */
    @Override
    public String toString() {
        return type + " " + shapeText(view.size());
    }

    /** {@code 64×3×7×7}. */
    public static String shapeText(long[] shape) {
        return shape.length == 0
                ? "scalar"
                : String.join("×", Arrays.stream(shape).mapToObj(Long::toString).toList());
    }
}
