package io.contrast4j.checkpoint;

import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * A storage of a checkpoint: elements in a row, on which tensors are views.
 *
 * @param elements one-dimensional
 */
record StoredTensor(ElementType type, Tensor elements) {
    private static final int MOST_AXES = 64;

    /**
     * The view of these lengths and strides, both in elements. It shares the memory of the storage.
     *
     * @throws DamagedFile if an element of it would lie outside the storage
     */
    Tensor view(long offset, long[] size, long[] stride) throws DamagedFile {
        String where = "a tensor of size " + Arrays.toString(size) + ", stride " + Arrays.toString(stride)
                + " and offset " + offset;
        if (size.length != stride.length || size.length > MOST_AXES) {
            throw new DamagedFile(where + " is not possible");
        }
        try {
            long count = 1;
            long last = offset;
            boolean negative = offset < 0;
            for (int axis = 0; axis < size.length; axis++) {
                negative |= size[axis] < 0 || stride[axis] < 0;
                count = Math.multiplyExact(count, size[axis]);
                last = Math.addExact(last, Math.multiplyExact(Math.max(size[axis] - 1, 0), stride[axis]));
            }
            Math.multiplyExact(count, type.size);
            if (negative || offset > elements.numel() || (count > 0 && last >= elements.numel())) {
                throw new DamagedFile(where + " leaves its storage of " + elements.numel() + " elements");
            }
        } catch (ArithmeticException overflow) {
            throw new DamagedFile(where + " is not possible");
        }
        return elements.as_strided(size, stride, new LongOptional(offset));
    }
}
