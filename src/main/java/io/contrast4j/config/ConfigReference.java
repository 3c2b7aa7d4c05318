package io.contrast4j.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The reference manual of a configuration: every key with its default, what it may be, and the comment that stands before
 * it in reference.conf.
 *
 * <p>A key that has no default is written there as {@code null}, so that it has a place for its comment.
 */
public final class ConfigReference {
    private final String resource;
    private final ConfigObject written;
    private final ConfigObject resolved;
    private final List<Section> sections = new ArrayList<>();
    private final Map<String, List<Variant>> variants = new HashMap<>();
    private final List<String> gaps = new ArrayList<>();
    private final Set<String> explained = new HashSet<>();

    /**
     * One of the types of a choice.
     *
     * @param meaning its comment in the defaults; empty if it has none
     * @param options its own keys that hold values, not records
     */
    public record Variant(String type, String meaning, List<Option> options) {
        public Variant {
            options = List.copyOf(options);
        }
    }

    /**
     * A key of a variant.
     *
     * @param key without its parents
     * @param value the default, as HOCON; {@code required} or {@code none} if there is no default
     * @param meaning its comment in the defaults
     */
    public record Option(String key, String value, String meaning) {}

    private record Section(String title, String meaning, List<Row> rows) {}

    private record Row(String key, String value, String allowed, String meaning) {}

    /**
     * A record to describe.
     *
     * @param key as the manual shows it
     * @param place of the defaults of its variants
     * @param homes where in reference.conf its keys may be, the strongest first
     * @param enclosing the choices it lies in, each with its place
     */
    private record Spot(String key, String place, List<String> homes, Map<Class<?>, String> enclosing) {
        Spot child(String name) {
            List<String> children =
                    homes.stream().map(home -> Variants.below(home, name)).toList();
            return new Spot(Variants.below(key, name), Variants.below(place, name), children, enclosing);
        }

        Spot element(String suffix) {
            return new Spot(key + suffix, place, List.of(), enclosing);
        }

        Spot withHome(String home) {
            List<String> more = new ArrayList<>(homes);
            more.add(Variants.below(ConfigFile.VARIANTS, home));
            return new Spot(key, place, more, enclosing);
        }

        Spot inside(Shape.Choice choice) {
            Map<Class<?>, String> more = new HashMap<>(enclosing);
            more.put(choice.type(), place);
            return new Spot(key, place, homes, more);
        }
    }

    private ConfigReference(String resource, ConfigObject written, ConfigObject resolved) {
        this.resource = resource;
        this.written = written;
        this.resolved = resolved;
    }

    /**
     * Compares a record class with its defaults.
     *
     * @param reference class path resource with the defaults, usually {@link ConfigFile#REFERENCE}
     * @throws InvalidConfig if it has a syntax error or a substitution without a value
     */
    public static ConfigReference of(Class<? extends Record> type, String reference) {
        return of(type, Map.of(), reference);
    }

    /**
     * The same of a record class and of others, whose files have defaults in the same place.
     *
     * @param others by what the manual calls them; what they share with the first is not described again
     */
    public static ConfigReference of(
            Class<? extends Record> type, Map<String, Class<? extends Record>> others, String reference) {
        ConfigObject written = Layers.defaults(reference).root();
        ConfigObject resolved =
                Layers.resolve(written.toConfig(), Source.DEFAULT).root();
        ConfigReference manual = new ConfigReference(reference, written, resolved);
        Spot root = new Spot("", "", List.of(""), Map.of());
        List<Shape.Field> fields = new Shape.Group(type).fields();
        manual.record(fields, root, "General", "");
        others.forEach((title, other) -> {
            List<Shape.Field> all = new Shape.Group(other).fields();
            List<Shape.Field> own =
                    all.stream().filter(field -> !fields.contains(field)).toList();
            String shared = all.stream()
                    .filter(fields::contains)
                    .map(field -> "`" + field.key() + "`")
                    .collect(Collectors.joining(", "));
            String meaning = shared.isEmpty() ? "" : "Its keys are those below and, as above, " + shared + ".";
            manual.record(own, root, title, meaning);
        });
        manual.leaves("", resolved.withoutKey(ConfigFile.RECIPES)).stream()
                .filter(path -> !manual.isExplained(path))
                .forEach(path -> manual.gaps.add(path + " is in " + reference + ", but no record has it"));
        return manual;
    }

    /**
     * What is missing, a sentence each: keys without default or comment, and defaults that no record has. Empty if all is
     * well.
     */
    public List<String> gaps() {
        return List.copyOf(gaps);
    }

    /**
     * The types that a choice has.
     *
     * @param key of the choice, such as {@code encoder}
     * @throws IllegalArgumentException if no choice is there
     */
    public List<Variant> variants(String key) {
        if (!variants.containsKey(key)) {
            throw new IllegalArgumentException(key + " is not a choice");
        }
        return List.copyOf(variants.get(key));
    }

    /** The manual, with a table for every record. */
    public String markdown() {
        StringBuilder out = new StringBuilder(INTRODUCTION);
        for (Section section : sections) {
            if (section.rows().isEmpty() && section.meaning().isEmpty()) {
                continue;
            }
            out.append("\n## ").append(section.title()).append('\n');
            if (!section.meaning().isEmpty()) {
                out.append('\n').append(section.meaning()).append('\n');
            }
            if (!section.rows().isEmpty()) {
                out.append("\n| key | default | value | meaning |\n|---|---|---|---|\n");
            }
            for (Row row : section.rows()) {
                out.append("| `" + row.key() + "` | " + cell(row.value()) + " | " + cell(row.allowed()) + " | "
                        + cell(row.meaning()) + " |\n");
            }
        }
        if (resolved.get(ConfigFile.RECIPES) instanceof ConfigObject recipes) {
            out.append("\n## Recipes\n\n")
                    .append(comment(List.of(ConfigFile.RECIPES)))
                    .append("\n\n");
            for (String name : recipes.keySet().stream().sorted().toList()) {
                String recipe = ConfigFile.RECIPES + "." + name;
                out.append("- `" + recipe + "`: " + comment(List.of(recipe)) + "\n");
            }
        }
        return out.toString();
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }

    private void record(List<Shape.Field> fields, Spot spot, String title, String meaning) {
        Section section = new Section(title, meaning, new ArrayList<>());
        sections.add(section);
        for (Shape.Field field : fields) {
            Spot child = spot.child(field.key());
            if (!(field.shape() instanceof Shape.Group) && !(field.shape() instanceof Shape.Choice)) {
                section.rows().add(row(field.shape(), child));
            }
        }
        for (Shape.Field field : fields) {
            within(field.shape(), spot.child(field.key()), false);
        }
    }

    /** Describes the records in a value. */
    private void within(Shape shape, Spot spot, boolean isElement) {
        if (shape instanceof Shape.Maybe maybe) {
            within(maybe.value(), spot, true);
        } else if (shape instanceof Shape.ListOf list) {
            within(list.element(), spot.element("[]"), true);
        } else if (shape instanceof Shape.MapOf map) {
            within(map.value(), spot.element(".<name>"), true);
        } else if (shape instanceof Shape.Choice choice) {
            choice(choice, spot, isElement);
        } else if (shape instanceof Shape.Group group) {
            Spot home = isElement ? spot.withHome(spot.place()) : spot;
            record(group.fields(), home, "`" + spot.key() + "`", comment(home.homes()));
        }
    }

    private void choice(Shape.Choice choice, Spot spot, boolean isElement) {
        if (!isElement) {
            Row type = row(choice, spot.child(Shape.TYPE));
            sections.add(new Section("`" + spot.key() + "`", comment(spot.homes()), List.of(type)));
        }
        if (spot.enclosing().containsKey(choice.type())) {
            return; // described where it encloses itself
        }
        List<Variant> types = variants.computeIfAbsent(spot.key(), key -> new ArrayList<>());
        choice.variants().forEach((name, variant) -> {
            int next = sections.size();
            String title = "`" + spot.key() + "` with `type = " + name + "`";
            String home = Variants.below(spot.place(), name);
            String meaning = comment(List.of(Variants.below(ConfigFile.VARIANTS, home)));
            record(variant.fields(), spot.inside(choice).withHome(home), title, meaning);
            // Its own section is the first that it adds.
            List<Option> options = sections.get(next).rows().stream()
                    .map(row -> new Option(
                            row.key().substring(row.key().lastIndexOf('.') + 1),
                            row.value().replace("`", ""),
                            row.meaning()))
                    .toList();
            types.add(new Variant(name, meaning, options));
        });
    }

    private Row row(Shape shape, Spot spot) {
        explained.addAll(spot.homes());
        Optional<ConfigValue> value = spot.homes().stream()
                .flatMap(home -> at(resolved, home).stream())
                .findFirst();
        String meaning = comment(spot.homes());
        if (value.isEmpty()) {
            gaps.add(
                    spot.key() + " is not in " + resource + ", where it would be " + String.join(" or ", spot.homes()));
        } else if (meaning.isEmpty()) {
            gaps.add(spot.key() + " has no comment in " + resource);
        }
        boolean isNull = value.isEmpty() || value.get().valueType() == ConfigValueType.NULL;
        String none = shape instanceof Shape.Maybe ? "none" : "required";
        String shown = isNull ? none : "`" + Rendering.plain(value.get()) + "`";
        return new Row(spot.key(), shown, shape.describe(), meaning);
    }

    /** The comment at the first home that has one; a substitution's own goes before that of what it stands for. */
    private String comment(List<String> homes) {
        for (ConfigObject tree : List.of(written, resolved)) {
            for (String home : homes) {
                String comment = at(tree, home).stream()
                        .flatMap(value -> value.origin().comments().stream())
                        .map(String::strip)
                        .collect(Collectors.joining(" "));
                if (!comment.isEmpty()) {
                    return comment;
                }
            }
        }
        return "";
    }

    private static Optional<ConfigValue> at(ConfigObject root, String path) {
        ConfigValue value = root;
        for (String key : path.isEmpty() ? new String[0] : path.split("\\.")) {
            if (!(value instanceof ConfigObject object)) {
                return Optional.empty();
            }
            try {
                value = object.get(key);
            } catch (ConfigException.NotResolved e) {
                return Optional.empty(); // an object merged from substitutions; the resolved tree will tell
            }
        }
        return Optional.ofNullable(value);
    }

    private List<String> leaves(String path, ConfigObject object) {
        List<String> leaves = new ArrayList<>();
        for (String key : object.keySet().stream().sorted().toList()) {
            String below = Variants.below(path, key);
            if (object.get(key) instanceof ConfigObject child) {
                leaves.addAll(leaves(below, child));
            } else {
                leaves.add(below);
            }
        }
        return leaves;
    }

    /** Whether a row is about this key or about a map or optional record that it lies in. */
    private boolean isExplained(String path) {
        for (int end = path.length(); end > 0; end = path.lastIndexOf('.', end - 1)) {
            if (explained.contains(path.substring(0, end))) {
                return true;
            }
        }
        return false;
    }

    private static final String INTRODUCTION = """
            # Configuration

            Generated from reference.conf. A run's file, in [HOCON](https://github.com/lightbend/config/blob/main/HOCON.md),
            names only what differs from these defaults; `key=value` on the command line wins over both. A file takes in
            another with `include "other.conf"`, relative to itself. An optional key is taken away with `key = null`.
            Whole numbers, numbers and text are plain HOCON values; a duration has its unit (`90s`, `2h`); `type` picks one
            of several variants, and the keys of the chosen variant are written beside it.
            """;
}
