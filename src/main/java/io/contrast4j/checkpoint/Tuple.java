package io.contrast4j.checkpoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A Python tuple: unlike a list it is fixed, and may be the key of a map. */
public record Tuple(List<? extends @Nullable Object> items) {
    public Tuple {
        items = Collections.unmodifiableList(new ArrayList<>(items));
    }
}
