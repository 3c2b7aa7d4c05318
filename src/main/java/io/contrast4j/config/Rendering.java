package io.contrast4j.config;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes a complete and valid configuration: the keys that records know, in the order of their components. */
final class Rendering {
    private static final Pattern PLAIN_KEY = Pattern.compile("(?!include$)[A-Za-z][A-Za-z0-9_-]*");
    private static final Pattern PLAIN_TEXT =
            Pattern.compile("(?!true|false|null|include)[A-Za-z][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)*");
    private static final String INDENT = "    ";

    private final StringBuilder out = new StringBuilder();

    private Rendering() {}

    /** As a HOCON file. */
    static String hocon(Shape.Group shape, ConfigObject root) {
        Rendering rendering = new Rendering();
        for (Entry entry : entries(shape, root)) {
            rendering.hocon(entry, "");
        }
        return rendering.out.toString();
    }

    /** One value a line, each with its source as a comment. */
    static String withSources(Shape.Group shape, ConfigObject root) {
        Rendering rendering = new Rendering();
        for (Entry entry : entries(shape, root)) {
            rendering.withSources(entry, entry.key());
        }
        return rendering.out.toString();
    }

    /** One key of an object; a value that is not set is null. */
    private record Entry(String key, Shape shape, @Nullable ConfigValue value) {}

    /** The entries of an object, in the order to write them. */
    private static List<Entry> entries(Shape shape, ConfigObject object) {
        if (shape instanceof Shape.MapOf map) {
            return object.keySet().stream()
                    .sorted()
                    .map(name -> new Entry(key(name), map.value(), object.get(name)))
                    .toList();
        } else if (shape instanceof Shape.Choice choice) {
            Shape.Group variant = choice.variants().get(object.toConfig().getString(Shape.TYPE));
            List<Entry> entries = new ArrayList<>();
            entries.add(new Entry(Shape.TYPE, Shape.of(String.class), object.get(Shape.TYPE)));
            entries.addAll(entries(Objects.requireNonNull(variant), object));
            return entries;
        }
        return ((Shape.Group) shape)
                .fields().stream()
                        .map(f -> new Entry(key(f.key()), f.shape(), object.get(f.key())))
                        .toList();
    }

    private void hocon(Entry entry, String indent) {
        boolean isObject = entry.value() instanceof ConfigObject;
        out.append(indent).append(entry.key()).append(isObject ? " " : " = ");
        value(entry.shape(), entry.value(), indent);
        out.append('\n');
    }

    private void value(Shape declared, @Nullable ConfigValue value, String indent) {
        Shape shape = stripped(declared);
        if (value instanceof ConfigObject object) {
            List<Entry> entries = entries(shape, object);
            out.append(entries.isEmpty() ? "{" : "{\n");
            entries.forEach(e -> hocon(e, indent + INDENT));
            out.append(entries.isEmpty() ? "}" : indent + "}");
        } else if (shape instanceof Shape.ListOf list && value instanceof ConfigList elements && isDeep(list)) {
            out.append("[\n");
            for (ConfigValue element : elements) {
                out.append(indent).append(INDENT);
                value(list.element(), element, indent + INDENT);
                out.append('\n');
            }
            out.append(indent).append(']');
        } else {
            out.append(plain(value));
        }
    }

    private void withSources(Entry entry, String path) {
        Shape shape = stripped(entry.shape());
        ConfigValue value = entry.value();
        if (value instanceof ConfigObject object && !entries(shape, object).isEmpty()) {
            entries(shape, object).forEach(e -> withSources(e, path + "." + e.key()));
        } else if (shape instanceof Shape.ListOf list
                && value instanceof ConfigList elements
                && isDeep(list)
                && !elements.isEmpty()) {
            for (int i = 0; i < elements.size(); i++) {
                withSources(new Entry("", list.element(), elements.get(i)), path + "[" + i + "]");
            }
        } else {
            String source =
                    value == null ? "not set" : Source.of(value.origin()).toString();
            String text = value instanceof ConfigObject ? "{}" : plain(value);
            out.append(path + " = " + text + "  # " + source + "\n");
        }
    }

    private static Shape stripped(Shape shape) {
        return shape instanceof Shape.Maybe maybe ? stripped(maybe.value()) : shape;
    }

    /** Whether elements are worth lines of their own. */
    private static boolean isDeep(Shape.ListOf list) {
        Shape element = stripped(list.element());
        return element instanceof Shape.ListOf inner ? isDeep(inner) : !(element instanceof Shape.Leaf);
    }

    /** A plain value, or a list of them, on one line. */
    static String plain(@Nullable ConfigValue value) {
        if (value instanceof ConfigList list) {
            return list.stream().map(Rendering::plain).collect(Collectors.joining(", ", "[", "]"));
        } else if (value == null || value.valueType() == ConfigValueType.NULL) {
            return "null";
        }
        String text = Scalar.text(value);
        boolean isPlain = value.valueType() != ConfigValueType.STRING
                || PLAIN_TEXT.matcher(text).matches();
        return isPlain ? text : ConfigUtil.quoteString(text);
    }

    /** A key, in quotes if HOCON needs them. */
    static String key(String name) {
        return PLAIN_KEY.matcher(name).matches() ? name : ConfigUtil.quoteString(name);
    }
}
