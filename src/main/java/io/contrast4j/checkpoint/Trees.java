package io.contrast4j.checkpoint;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Ways through what was read from a file. */
public final class Trees {
    private Trees() {}

    /** The value at the end of a path of keys, and of positions in lists; null if the path leads nowhere. */
    public static @Nullable Object at(@Nullable Object tree, List<String> path) {
        Object value = tree;
        for (String step : path) {
            if (value instanceof Map<?, ?> map) {
                value = map.get(step);
            } else if (value instanceof Namespace namespace) {
                value = namespace.attributes().get(step);
            } else if (value instanceof List<?> list
                    && step.matches("\\d{1,6}")
                    && Integer.parseInt(step) < list.size()) {
                value = list.get(Integer.parseInt(step));
            } else {
                return null;
            }
        }
        return value;
    }

    /** Everything that is no container, by the path to it: {@code optimizer.param_groups.0.lr}. */
    public static Map<String, Optional<Object>> leaves(@Nullable Object tree) {
        Map<String, Optional<Object>> leaves = new LinkedHashMap<>();
        collect("", tree, leaves);
        return leaves;
    }

    private static void collect(String path, @Nullable Object value, Map<String, Optional<Object>> leaves) {
        String prefix = path.isEmpty() ? "" : path + ".";
        if (value instanceof Map<?, ?> map && !map.isEmpty()) {
            map.forEach((key, item) -> collect(prefix + key, item, leaves));
        } else if (value instanceof Namespace namespace) {
            namespace.attributes().forEach((key, item) -> collect(prefix + key, item, leaves));
        } else if (value instanceof PythonObject object) {
            collect(prefix + "state", object.state(), leaves);
            object.items().forEach((key, item) -> collect(prefix + key, item, leaves));
            collectAll(prefix, object.elements(), leaves);
        } else if (value instanceof List<?> list && !list.isEmpty()) {
            collectAll(prefix, list, leaves);
        } else if (value instanceof Tuple tuple && !tuple.items().isEmpty()) {
            collectAll(prefix, tuple.items(), leaves);
        } else {
            leaves.put(path, Optional.ofNullable(value));
        }
    }

    private static void collectAll(
            String prefix, List<? extends @Nullable Object> items, Map<String, Optional<Object>> leaves) {
        for (int i = 0; i < items.size(); i++) {
            collect(prefix + i, items.get(i), leaves);
        }
    }
}
