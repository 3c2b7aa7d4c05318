package io.contrast4j.checkpoint;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The names of a network's tensors in a checkpoint. CMC's scripts put {@value #PREFIX} before each; SelfCon's networks are
 * parts with names of their own, {@code encoder.}, {@code head.} and so on, and have nothing before them.
 */
public final class PublishedNames {
    private static final String PREFIX = "encoder.module.";
    private static final String OF_PARTS = "encoder.";

    private PublishedNames() {}

    /** Tensors of a network by the names they are saved under, in the same order. */
    public static OrderedDict of(Map<?, ?> tensors) {
        boolean hasParts =
                tensors.keySet().stream().anyMatch(name -> name.toString().startsWith(OF_PARTS));
        OrderedDict named = new OrderedDict();
        tensors.forEach((name, tensor) -> named.put(hasParts ? name : PREFIX + name, tensor));
        return named;
    }

    /** The reverse. */
    public static Map<String, Object> ownOf(Map<String, ?> saved) {
        Map<String, Object> own = new LinkedHashMap<>();
        saved.forEach(
                (name, value) -> own.put(name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name, value));
        return own;
    }
}
