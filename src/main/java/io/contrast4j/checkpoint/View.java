package io.contrast4j.checkpoint;

import java.util.Arrays;

/**
 * Where the elements of a tensor are in its storage: element (i, j, …) at offset + i·stride₀ + j·stride₁ + ….
 *
 * @param offset in elements
 * @param size the lengths of the axes
 * @param stride in elements
 */
record View(long offset, long[] size, long[] stride) {
    private static final int MOST_AXES = 64;

    /** A tensor may show elements several times, but not make gigabytes of a few bytes. */
    private static final long MOST_REPEATED = 1 << 16;

    /** All elements of a storage in a row, the last index moving fastest. */
    static View contiguous(long[] size) {
        long[] stride = new long[size.length];
        long step = 1;
        for (int axis = size.length - 1; axis >= 0; axis--) {
            stride[axis] = step;
            step *= Math.max(size[axis], 1);
        }
        return new View(0, size, stride);
    }

    /**
     * Checks that a storage of so many elements of a type has all elements of the view.
     *
     * @throws DamagedFile if not
     */
    void check(ElementType type, long elements) throws DamagedFile {
        String where = "a tensor of size " + Arrays.toString(size) + ", stride " + Arrays.toString(stride)
                + " and offset " + offset;
        if (size.length != stride.length || size.length > MOST_AXES) {
            throw new DamagedFile(where + " is not possible");
        }
        long count = 1;
        try {
            long last = offset;
            boolean negative = offset < 0;
            for (int axis = 0; axis < size.length; axis++) {
                negative |= size[axis] < 0 || stride[axis] < 0;
                count = Math.multiplyExact(count, size[axis]);
                last = Math.addExact(last, Math.multiplyExact(Math.max(size[axis] - 1, 0), stride[axis]));
            }
            Math.multiplyExact(count, type.size);
            if (negative || offset > elements || (count > 0 && last >= elements)) {
                throw new DamagedFile(where + " leaves its storage of " + elements + " elements");
            }
        } catch (ArithmeticException overflow) {
            throw new DamagedFile(where + " is not possible");
        }
        if (count > Math.max(elements, MOST_REPEATED)) {
            throw new DamagedFile(where + " makes " + count + " elements of " + elements);
        }
    }

    /** The same view of a storage that begins so many elements earlier. */
    View shifted(long elements) throws DamagedFile {
        try {
            return new View(Math.addExact(offset, elements), size, stride);
        } catch (ArithmeticException overflow) {
            throw new DamagedFile("a tensor of offset " + offset + " is not possible");
        }
    }
}
