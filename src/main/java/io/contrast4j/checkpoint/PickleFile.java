package io.contrast4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads Python pickles of plain data, as data sets are published in: a dictionary of texts, numbers, lists and numpy
 * arrays. Nothing in them is executed; what is not plain data is refused. See {@link Namespace}, {@link Tuple} and {@link
 * NumpyArray} for the types that Java does not have.
 */
public final class PickleFile {
    private PickleFile() {}

    /**
     * Reads a pickle of protocol 2 that holds a dictionary. Python 2's texts and bytes, which are one type there, become
     * {@link String}s up to 255 bytes, of the characters 0 … 255, and read-only {@link ByteBuffer}s if they are longer.
     * These and the arrays in the order of rows share the memory of {@code pickle}.
     *
     * @param pickle from its position on; the position is not moved
     * @throws IOException if it is damaged or holds something else; the message is the end of "it is damaged: …"
     */
    public static Map<?, ? extends @Nullable Object> readMap(ByteBuffer pickle) throws IOException {
        Object value = new Unpickler(
                        pickle.duplicate(),
                        identity -> {
                            throw new DamagedFile("it is a checkpoint and not plain data");
                        },
                        ByteBuffer::asReadOnlyBuffer)
                .load();
        TreeBounds.check(value);
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new DamagedFile("it holds no dictionary");
    }
}
