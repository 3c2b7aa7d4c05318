package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of a configuration by key, such as {@code train.epochs} → {@code 240}, so that two can be compared. */
final class Flattened {
    private Flattened() {}

    /** @param rendered the resolved configuration as HOCON */
    static Map<String, String> of(String rendered) {
        return of(ConfigFile.values(rendered));
    }

    /** @param tree maps in maps; a list is one value */
    static Map<String, String> of(Map<?, ? extends @Nullable Object> tree) {
        Map<String, String> values = new LinkedHashMap<>();
        flatten(values, "", tree);
        return values;
    }

    private static void flatten(Map<String, String> values, String prefix, Map<?, ? extends @Nullable Object> tree) {
        tree.forEach((key, value) -> {
            if (value instanceof Map<?, ?> group && !group.isEmpty()) {
                flatten(values, prefix + key + ".", group);
            } else {
                values.put(prefix + key, text(value));
            }
        });
    }

    /** The same for a whole number that is written as one with a point. */
    private static String text(@Nullable Object value) {
        if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
            return new BigDecimal(number.toString()).stripTrailingZeros().toPlainString();
        }
        return value instanceof List<?> list
                ? list.stream().map(Flattened::text).toList().toString()
                : value instanceof Map<?, ?> group ? of(group).toString() : String.valueOf(value);
    }

    /** Whether a key is this one, or in this group. */
    static boolean covers(String group, String key) {
        return key.equals(group) || key.startsWith(group + ".");
    }
}
