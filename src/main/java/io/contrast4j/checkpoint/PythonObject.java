package io.contrast4j.checkpoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An object of a class that is not known here, as an inert record of what the file says about it: nothing of it was
 * executed. It may hold attributes, and items where its class is a kind of list or dictionary. Only read.
 */
public final class PythonObject {
    private final PythonClass type;
    private final Tuple arguments;
    private final List<@Nullable Object> elements = new ArrayList<>();
    private final Map<@Nullable Object, @Nullable Object> items = new LinkedHashMap<>();
    private @Nullable Object state;

    PythonObject(PythonClass type, Tuple arguments) {
        this.type = type;
        this.arguments = arguments;
    }

    public PythonClass type() {
        return type;
    }

    /** What it was to be made with. */
    public Tuple arguments() {
        return arguments;
    }

    /** Its elements, if it is a kind of list. */
    public List<@Nullable Object> elements() {
        return Collections.unmodifiableList(elements);
    }

    /** Its items, if it is a kind of dictionary. */
    public Map<@Nullable Object, @Nullable Object> items() {
        return Collections.unmodifiableMap(items);
    }

    /** Its attributes, usually a map; null if the file has none. */
    public @Nullable Object state() {
        return state;
    }

    List<@Nullable Object> mutableElements() {
        return elements;
    }

    Map<@Nullable Object, @Nullable Object> mutableItems() {
        return items;
    }

    void state(@Nullable Object attributes) {
        this.state = attributes;
    }

    @Override
    public String toString() {
        return "object of " + type;
    }
}
