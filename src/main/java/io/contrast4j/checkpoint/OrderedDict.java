package io.contrast4j.checkpoint;

import java.util.AbstractMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A map that is written as Python's {@code collections.OrderedDict}, the type of a state dict, and that a file's
 * OrderedDict is read as. Any other map is written as a plain {@code dict}. Keeps the order of insertion.
 */
public final class OrderedDict extends AbstractMap<Object, @Nullable Object> {
    private final Map<Object, @Nullable Object> items = new LinkedHashMap<>();
    private final Map<String, @Nullable Object> attributes = new LinkedHashMap<>();

    public OrderedDict() {}

    /** A copy of the items in the order of the map. */
    public OrderedDict(Map<?, ? extends @Nullable Object> items) {
        this.items.putAll(items);
    }

    @Override
    public @Nullable Object put(Object key, @Nullable Object value) {
        return items.put(key, value);
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
        return items.get(key);
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return items.containsKey(key);
    }

    @Override
    public Set<Entry<Object, @Nullable Object>> entrySet() {
        return items.entrySet();
    }

    /**
     * What Python attached to the dictionary and not to its keys: a state dict has {@code _metadata}, the versions of its
     * modules. Read and written, and no part of equality.
     */
    public Map<String, @Nullable Object> attributes() {
        return attributes;
    }
}
