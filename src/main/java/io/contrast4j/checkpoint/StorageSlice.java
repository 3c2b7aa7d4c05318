package io.contrast4j.checkpoint;

/**
 * A part of a storage that PyTorch before 0.4 saved as a storage of its own.
 *
 * @param begin of it in the whole, in elements
 */
record StorageSlice(Storage whole, long begin, long count) implements Storage {
    StorageSlice {
        if (begin < 0 || count < 0) {
            throw new IllegalArgumentException("begin " + begin + ", count " + count);
        }
    }

    @Override
    public ElementType type() {
        return whole.type();
    }

    @Override
    public Object view(ElementType as, View view) throws DamagedFile {
        view.check(as, count);
        return whole.view(as, view.shifted(begin));
    }
}
