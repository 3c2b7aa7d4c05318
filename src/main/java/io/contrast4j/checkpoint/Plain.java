package io.contrast4j.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Values without what Python's {@code weights_only=True} refuses: a namespace becomes a dictionary, a class its name, and
 * an object of an unknown class the dictionary of what is known about it.
 */
public final class Plain {
    private Plain() {}

    /** The same tree of plain values; a numpy array becomes nothing, as it is only read. */
    public static @Nullable Object of(@Nullable Object value) {
        if (value instanceof Namespace namespace) {
            return dict(namespace.attributes());
        }
        if (value instanceof OrderedDict ordered) {
            OrderedDict copy = new OrderedDict();
            ordered.forEach((key, item) -> copy.put(Objects.requireNonNullElse(of(key), "None"), of(item)));
            ordered.attributes().forEach((key, item) -> copy.attributes().put(key, of(item)));
            return copy;
        }
        if (value instanceof Map<?, ?> map) {
            return dict(map);
        }
        if (value instanceof Tuple tuple) {
            return new Tuple(list(tuple.items()));
        }
        if (value instanceof List<?> items) {
            return list(items);
        }
        if (value instanceof PythonClass type) {
            return type.name();
        }
        if (value instanceof PythonObject object) {
            Map<Object, @Nullable Object> known = new LinkedHashMap<>();
            known.put("class", object.type().name());
            known.put("arguments", of(object.arguments()));
            known.put("elements", list(object.elements()));
            known.put("items", dict(object.items()));
            known.put("state", of(object.state()));
            return known;
        }
        return value instanceof NumpyArray ? null : value;
    }

    /** A dictionary of plain values whose keys are texts, as names of attributes are. */
    static Map<String, @Nullable Object> dictionary(Map<?, ?> map) {
        Map<String, @Nullable Object> texts = new LinkedHashMap<>();
        map.forEach((key, value) -> texts.put(String.valueOf(key), of(value)));
        return texts;
    }

    private static Map<@Nullable Object, @Nullable Object> dict(
            Map<? extends @Nullable Object, ? extends @Nullable Object> map) {
        Map<@Nullable Object, @Nullable Object> copy = new LinkedHashMap<>();
        map.forEach((key, item) -> copy.put(of(key), of(item)));
        return copy;
    }

    private static List<@Nullable Object> list(List<? extends @Nullable Object> items) {
        List<@Nullable Object> copy = new ArrayList<>();
        items.forEach(item -> copy.add(of(item)));
        return copy;
    }
}
