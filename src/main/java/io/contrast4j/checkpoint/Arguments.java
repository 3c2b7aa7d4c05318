package io.contrast4j.checkpoint;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a pickle passes to a constructor: every access checks that the argument is there and of the type it must have. */
record Arguments(List<? extends @Nullable Object> items) {
    <T> T get(int index, Class<T> type) throws DamagedFile {
        Object item = index < items.size() ? items.get(index) : null;
        if (!type.isInstance(item)) {
            throw new DamagedFile("its pickle calls a function with wrong arguments");
        }
        return type.cast(item);
    }

    /** An argument that must be a tuple of whole numbers. */
    long[] longs(int index) throws DamagedFile {
        List<?> numbers = get(index, Tuple.class).items();
        Arguments inner = new Arguments(numbers);
        long[] values = new long[numbers.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = inner.get(i, Long.class);
        }
        return values;
    }
}
