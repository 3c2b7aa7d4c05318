package io.contrast4j.checkpoint;

/** A row of elements in a file, on which tensors are views; what a view is differs between listing and loading. */
interface Storage {
    /** The type it was saved with; bytes if it has none. */
    ElementType type();

    /** How many elements of this type it has. */
    long count();

    /**
     * A tensor on it.
     *
     * @param as the type of the tensor's elements, which is the storage's own unless that is bytes
     * @throws DamagedFile if an element of it would lie outside the storage
     */
    Object view(ElementType as, View view) throws DamagedFile;
}
