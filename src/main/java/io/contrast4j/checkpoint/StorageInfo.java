package io.contrast4j.checkpoint;

/**
 * A storage of a file that is listed and not loaded.
 *
 * @param key its name in the file
 * @param type of its elements; bytes if it has none
 * @param count of these elements
 * @param device it was saved from, as {@code cuda:0}
 */
public record StorageInfo(String key, ElementType type, long count, String device) implements Storage {
    /** What it takes in the file. */
    public long bytes() {
        return count * type.size;
    }

    @Override
    public Object view(ElementType as, View view) throws DamagedFile {
        view.check(as, type == as ? count : bytes() / as.size);
        return new TensorInfo(as, view, this);
    }
}
