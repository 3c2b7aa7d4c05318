package io.contrast4j.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A piece of a configuration of which it is not known yet what it must be: it is put into another one by {@link
 * ConfigFile#with}, where it is checked. What is wrong with it is then said with the place where it was written.
 */
public final class Fragment {
    private final ConfigValue value;

    Fragment(ConfigValue value) {
        this.value = value;
    }

    /**
     * A text that stands in no file.
     *
     * @param place what messages call its origin
     */
    public static Fragment of(String text, String place) {
        return new Fragment(ConfigValueFactory.fromAnyRef(text, place));
    }

    /**
     * A whole number that stands in no file.
     *
     * @param place what messages call its origin
     */
    public static Fragment of(long number, String place) {
        return new Fragment(ConfigValueFactory.fromAnyRef(number, place));
    }

    /** The entries of an object, in the order in which they were written; empty for anything else. */
    public Optional<Map<String, Fragment>> entries() {
        if (!(value instanceof ConfigObject object)) {
            return Optional.empty();
        }
        Map<String, Fragment> entries = new LinkedHashMap<>();
        object.entrySet().stream()
                .sorted(Comparator.comparing((Map.Entry<String, ConfigValue> entry) ->
                                Source.of(entry.getValue().origin()))
                        .thenComparing(Map.Entry::getKey))
                .forEach(entry -> entries.put(entry.getKey(), new Fragment(entry.getValue())));
        return Optional.of(entries);
    }

    /** The elements of a list; empty for anything else. */
    public Optional<List<Fragment>> elements() {
        return value instanceof ConfigList list
                ? Optional.of(list.stream().map(Fragment::new).toList())
                : Optional.empty();
    }

    /** The {@code type} of an object that has one. */
    public Optional<String> type() {
        return isChoice() ? Optional.of(Scalar.text(((ConfigObject) value).get(Shape.TYPE))) : Optional.empty();
    }

    /** The values by their keys, such as {@code optimizer.learning-rate}; a section that says its type is one value. */
    public Map<String, Fragment> values() {
        Map<String, Fragment> values = new LinkedHashMap<>();
        collect(values, "");
        return values;
    }

    private void collect(Map<String, Fragment> values, String key) {
        Map<String, Fragment> entries = entries().orElse(Map.of());
        if (!key.isEmpty() && (entries.isEmpty() || isChoice())) {
            values.put(key, this);
        } else {
            entries.forEach((name, entry) -> entry.collect(values, Variants.below(key, name)));
        }
    }

    /** Whether it says which of several types it is; a list of types is a list of values, and says nothing. */
    private boolean isChoice() {
        return value instanceof ConfigObject object
                && object.get(Shape.TYPE) != null
                && !(object.get(Shape.TYPE) instanceof ConfigList);
    }

    /** On one line; a section begins with its type: {@code ball{count=4095}}. */
    public String text() {
        if (value instanceof ConfigObject object) {
            ConfigObject rest = isChoice() ? object.withoutKey(Shape.TYPE) : object;
            String type = type().orElse("");
            return rest.isEmpty() && isChoice()
                    ? type
                    : type + "{" + rest.render(ConfigRenderOptions.concise().setJson(false)) + "}";
        }
        return value instanceof ConfigList ? Rendering.plain(value) : Scalar.text(value);
    }

    /** Where it was written. */
    public Source source() {
        return Source.of(value.origin());
    }

    /** A configuration with this under a key, and with nothing else there if it is a section with a type. */
    Config at(String key) {
        try {
            Config alone = value.atPath(key);
            return isChoice()
                    ? alone.withFallback(ConfigValueFactory.fromAnyRef(null).atPath(key))
                    : alone;
        } catch (ConfigException.BadPath noKey) {
            throw wrong(key + " is not a key");
        }
    }

    /** The error that says what is wrong with it. */
    public InvalidConfig wrong(String sentence) {
        return InvalidConfig.of(source(), sentence);
    }
}
