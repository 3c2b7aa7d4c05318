package io.contrast4j.config;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Puts the defaults of each chosen variant below what the user wrote for it.
 *
 * <p>Only {@link Binder} complains: whatever has not the expected shape is left as it is.
 */
final class Variants {
    static final ConfigObject NOTHING =
            ConfigFactory.empty(Source.DEFAULT.place()).root();

    private final ConfigObject defaults;

    private Variants(ConfigObject defaults) {
        this.defaults = defaults;
    }

    /** The resolved configuration with all defaults in their places and without the tree of variants. */
    static ConfigObject complete(Shape.Group shape, ConfigObject resolved) {
        return in(resolved).fields(shape, "", resolved.withoutKey(ConfigFile.VARIANTS), Map.of());
    }

    /**
     * What {@link #complete} would give if nothing but the types of choices had been written.
     *
     * @param completed the complete configuration
     * @param defaults with the tree of variants
     */
    static ConfigObject standIns(Shape.Group shape, ConfigObject completed, ConfigObject defaults) {
        return complete(shape, merged((ConfigObject) types(completed), defaults));
    }

    /** Only the objects and lists of objects, and of their values only the types of choices. */
    private static ConfigValue types(ConfigValue value) {
        if (value instanceof ConfigList elements) {
            return ConfigValueFactory.fromIterable(
                    elements.stream().map(Variants::types).toList());
        }
        ConfigObject types = NOTHING;
        if (value instanceof ConfigObject object) {
            for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
                ConfigValue child = entry.getValue();
                boolean holdsTypes = child instanceof ConfigObject
                        || child instanceof ConfigList list && list.stream().allMatch(ConfigObject.class::isInstance);
                if (entry.getKey().equals(Shape.TYPE)) {
                    types = types.withValue(Shape.TYPE, child);
                } else if (holdsTypes) {
                    types = types.withValue(entry.getKey(), types(child));
                }
            }
        }
        return types;
    }

    static Variants in(ConfigObject resolved) {
        return new Variants(objectAt(resolved, List.of(ConfigFile.VARIANTS)));
    }

    /** The defaults at a place in the tree of variants, or an empty object. */
    ConfigObject at(String place) {
        return objectAt(defaults, List.of(place.split("\\.")));
    }

    private static ConfigObject objectAt(ConfigObject object, List<String> keys) {
        for (String key : keys) {
            if (!(object.get(key) instanceof ConfigObject child)) {
                return NOTHING;
            }
            object = child;
        }
        return object;
    }

    /** The place of {@code key} in the record at {@code place}. */
    static String below(String place, String key) {
        return place.isEmpty() ? key : place + "." + key;
    }

    /**
     * @param place the key of the value, without the indices and names of elements
     * @param enclosing the choices the value lies in, each with the place of its defaults
     */
    private ConfigValue value(Shape shape, String place, ConfigValue value, Map<Class<?>, String> enclosing) {
        if (shape instanceof Shape.Maybe maybe) {
            return element(maybe.value(), place, value, enclosing);
        } else if (shape instanceof Shape.ListOf list && value instanceof ConfigList elements) {
            Stream<ConfigValue> completed = elements.stream().map(e -> element(list.element(), place, e, enclosing));
            return ConfigValueFactory.fromIterable(completed.toList()).withOrigin(elements.origin());
        } else if (shape instanceof Shape.MapOf map && value instanceof ConfigObject entries) {
            ConfigObject completed = entries;
            for (Map.Entry<String, ConfigValue> entry : entries.entrySet()) {
                completed =
                        completed.withValue(entry.getKey(), element(map.value(), place, entry.getValue(), enclosing));
            }
            return completed;
        } else if (shape instanceof Shape.Choice choice && value instanceof ConfigObject object) {
            return chosen(choice, place, object, enclosing);
        } else if (shape instanceof Shape.Group group && value instanceof ConfigObject object) {
            return fields(group, place, object, enclosing);
        }
        return value;
    }

    private ConfigValue element(Shape shape, String place, ConfigValue value, Map<Class<?>, String> enclosing) {
        if (shape instanceof Shape.Group && value instanceof ConfigObject object) {
            return value(shape, place, merged(object, at(place)), enclosing);
        }
        return value(shape, place, value, enclosing);
    }

    private ConfigObject chosen(
            Shape.Choice choice, String place, ConfigObject object, Map<Class<?>, String> enclosing) {
        ConfigValue type = object.get(Shape.TYPE);
        if (type == null || type.valueType() != ConfigValueType.STRING) {
            return object;
        }
        String name = (String) type.unwrapped();
        Shape.Group variant = choice.variants().get(name);
        if (variant == null) {
            return object;
        }
        String outermost = enclosing.getOrDefault(choice.type(), place);
        Map<Class<?>, String> inside = new HashMap<>(enclosing);
        inside.put(choice.type(), outermost);
        return fields(variant, outermost, merged(object, at(below(outermost, name))), inside);
    }

    private ConfigObject fields(Shape.Group group, String place, ConfigObject object, Map<Class<?>, String> enclosing) {
        ConfigObject completed = object;
        for (Shape.Field field : group.fields()) {
            ConfigValue value = object.get(field.key());
            if (value == null && field.shape() instanceof Shape.Group) {
                value = NOTHING; // a record of which no key is set; it may need none
            }
            if (value != null) {
                completed = completed.withValue(
                        field.key(), value(field.shape(), below(place, field.key()), value, enclosing));
            }
        }
        return completed;
    }

    /** Not {@code withFallback}, which does nothing for an object that once replaced something other than an object. */
    static ConfigObject merged(ConfigObject object, ConfigObject fallback) {
        ConfigObject merged = object;
        for (Map.Entry<String, ConfigValue> entry : fallback.entrySet()) {
            ConfigValue own = object.get(entry.getKey());
            if (own == null) {
                merged = merged.withValue(entry.getKey(), entry.getValue());
            } else if (own instanceof ConfigObject child && entry.getValue() instanceof ConfigObject below) {
                merged = merged.withValue(entry.getKey(), merged(child, below));
            }
        }
        return merged;
    }
}
