package io.contrast4j.checkpoint;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * A numpy array in a pickle. Only read.
 *
 * @param type its element type as numpy writes it, kind and bytes: {@code u1}, {@code f4}
 * @param shape its sizes
 * @param bytes its elements from position 0, the last index moving fastest, in the order of bytes of the buffer; not to
 *     be written to
 */
public record NumpyArray(String type, List<Long> shape, ByteBuffer bytes) {
    private static final int MOST_DIMENSIONS = 32;

    /** @param columnsFirst whether the first index moves fastest in {@code content} */
    static NumpyArray of(PickleGlobals.NumpyType type, long[] shape, boolean columnsFirst, ByteBuffer content)
            throws DamagedFile {
        if (!type.code().matches("[biuf][1248]") || shape.length > MOST_DIMENSIONS) {
            throw new DamagedFile("it has a numpy array of type " + type.code() + ", which is not supported");
        }
        int width = type.code().charAt(1) - '0';
        long count = Arrays.stream(shape).anyMatch(size -> size == 0) ? 0 : 1;
        for (long size : shape) {
            // In this order, so that no product overflows.
            if (size < 0 || count > 0 && count > content.remaining() / size) {
                throw wrongSize(shape, content);
            }
            count *= size;
        }
        if (count * width != content.remaining()) {
            throw wrongSize(shape, content);
        }
        ByteBuffer rows = columnsFirst && shape.length > 1 && count > 0 ? transposed(content, shape, width) : content;
        return new NumpyArray(
                type.code(),
                Arrays.stream(shape).boxed().toList(),
                rows.slice().asReadOnlyBuffer().order(type.order()));
    }

    private static DamagedFile wrongSize(long[] shape, ByteBuffer content) {
        return new DamagedFile("it has a numpy array of shape " + Arrays.toString(shape) + " with "
                + content.remaining() + " bytes of elements");
    }

    /** From the first index moving fastest to the last. */
    private static ByteBuffer transposed(ByteBuffer content, long[] shape, int width) {
        int[] stride = new int[shape.length];
        int next = width;
        for (int dimension = shape.length - 1; dimension >= 0; dimension--) {
            stride[dimension] = next;
            next *= (int) shape[dimension];
        }
        byte[] rows = new byte[content.remaining()];
        int[] index = new int[shape.length];
        int target = 0;
        for (int source = content.position(); source < content.limit(); source += width) {
            content.get(source, rows, target, width);
            int dimension = 0;
            for (; dimension < shape.length - 1 && index[dimension] == shape[dimension] - 1; dimension++) {
                target -= index[dimension] * stride[dimension];
                index[dimension] = 0;
            }
            index[dimension]++;
            target += stride[dimension];
        }
        return ByteBuffer.wrap(rows);
    }
}
