package io.contrast4j.config;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.contrast4j.spec.InvalidValues;
import io.contrast4j.spec.ReadsFiles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes records from a complete configuration and collects all that is wrong with it.
 *
 * <p>Every method that binds returns null if it has reported a problem. The record it was for is made all the same, with
 * the default in the place of what is wrong, so that it can say what else is: one run tells all problems. What a record
 * says about such a stand-in is not reported.
 */
final class Binder {
    private final List<InvalidConfig.Problem> problems;
    private final Predicate<ReadsFiles> needs;
    private final List<String> known = new ArrayList<>();
    private final List<Unknown> unknown = new ArrayList<>();
    /** The keys whose values are defaults because what was written is wrong. */
    private final Set<String> standIns = new HashSet<>();

    private final List<Told> told = new ArrayList<>();
    /** Whether one of them is a choice whose type is not known, so that checks between several records tell nothing. */
    private boolean isTypeUnknown;

    /** A key that no component has. Judged last, when all known keys have been seen. */
    private record Unknown(String key, Source source, String clause, boolean isExplained) {}

    /** What was said about a value: where a key refers to another one, both have the same value. */
    private record Told(ConfigValue value, String key, String allowed, int at) {}

    /** A key with its parents, and the nearest line in a file that a message on a missing value can name. */
    private record Place(String key, Source near) {
        Place child(String name) {
            return new Place(Variants.below(key, name), near);
        }

        Place element(String index) {
            return new Place(key + "[" + index + "]", near);
        }

        Place nearTo(ConfigValue value) {
            Source source = Source.of(value.origin());
            return source.isFile() && !key.isEmpty() ? new Place(key, source) : this;
        }
    }

    private Binder(List<InvalidConfig.Problem> early, Predicate<ReadsFiles> needs) {
        problems = new ArrayList<>(early);
        this.needs = needs;
    }

    /**
     * @param root all values, those of defaults included
     * @param defaults for the same types, what the values would be if none was written
     * @param file where values could be written
     * @param early problems found before
     * @param needs whether files that such a record names and that are not there are problems
     * @throws InvalidConfig if there is any problem
     */
    static Record bind(
            Shape.Group shape,
            ConfigObject root,
            ConfigObject defaults,
            Source file,
            List<InvalidConfig.Problem> early,
            Predicate<ReadsFiles> needs) {
        Binder binder = new Binder(early, needs);
        Record bound = binder.group(shape, new Place("", file), root, defaults, Optional.empty());
        binder.judgeUnknownKeys();
        if (bound == null || !binder.problems.isEmpty()) {
            throw InvalidConfig.of(binder.problems);
        }
        return bound;
    }

    private @Nullable Object value(
            Shape shape, Place place, @Nullable ConfigValue value, @Nullable ConfigValue standIn) {
        boolean isAbsent = value == null || value.valueType() == ConfigValueType.NULL;
        if (shape instanceof Shape.Piece && value != null) {
            return new Fragment(value);
        }
        if (shape instanceof Shape.Maybe maybe) {
            return isAbsent ? Optional.empty() : present(value(maybe.value(), place, value, standIn));
        }
        if (isAbsent) {
            Source source = value == null || !isWritten(value) ? place.near() : Source.of(value.origin());
            return problem(source, place.key() + " has no value: it must be " + mustBe(shape, Optional.empty()));
        } else if (shape instanceof Shape.ListOf list && value instanceof ConfigList elements) {
            return list(list, place.nearTo(value), elements, standIn);
        } else if (shape instanceof Shape.MapOf map && value instanceof ConfigObject entries) {
            return map(map, place.nearTo(value), entries, objectOr(standIn));
        } else if (shape instanceof Shape.Group group && value instanceof ConfigObject object) {
            return group(group, place.nearTo(value), object, objectOr(standIn), Optional.empty());
        } else if (shape instanceof Shape.Choice choice && value instanceof ConfigObject object) {
            return choice(choice, place.nearTo(value), object, objectOr(standIn));
        } else if (shape instanceof Shape.Leaf leaf) {
            try {
                return leaf.scalar().read(value);
            } catch (Scalar.Mismatch e) {
                return wrong(value, place, e.allowed());
            }
        }
        return wrong(value, place, mustBe(shape, Optional.of(value)));
    }

    private static ConfigObject objectOr(@Nullable ConfigValue standIn) {
        return standIn instanceof ConfigObject object ? object : Variants.NOTHING;
    }

    private static @Nullable Object present(@Nullable Object value) {
        return value == null ? null : Optional.of(value);
    }

    private @Nullable List<Object> list(
            Shape.ListOf shape, Place place, ConfigList elements, @Nullable ConfigValue standIn) {
        List<Object> bound = new ArrayList<>();
        for (int i = 0; i < elements.size(); i++) {
            ConfigValue other = standIn instanceof ConfigList others && i < others.size() ? others.get(i) : null;
            Object element = value(shape.element(), place.element(Integer.toString(i)), elements.get(i), other);
            if (element != null) {
                bound.add(element);
            }
        }
        return bound.size() == elements.size() ? List.copyOf(bound) : null;
    }

    /** In the order of the names: HOCON does not keep that of the file. An entry set to null is one taken away from the defaults. */
    private @Nullable Map<String, Object> map(
            Shape.MapOf shape, Place place, ConfigObject entries, ConfigObject standIns) {
        Map<String, Object> bound = new LinkedHashMap<>();
        boolean isWhole = true;
        for (String name : entries.keySet().stream().sorted().toList()) {
            ConfigValue entry = entries.get(name);
            if (entry == null || entry.valueType() == ConfigValueType.NULL) {
                continue;
            }
            Object value = value(shape.value(), place.child(Rendering.key(name)), entry, standIns.get(name));
            if (value == null) {
                isWhole = false;
            } else {
                bound.put(name, value);
            }
        }
        return isWhole ? Collections.unmodifiableMap(bound) : null;
    }

    private @Nullable Object choice(Shape.Choice shape, Place place, ConfigObject object, ConfigObject standIns) {
        Map<String, Shape.Group> variants = shape.variants();
        Place typePlace = place.child(Shape.TYPE);
        known.add(typePlace.key());
        Object type = value(Shape.of(String.class), typePlace, object.get(Shape.TYPE), null);
        if (type == null) {
            isTypeUnknown = true;
            return null;
        }
        Shape.Group variant = variants.get((String) type);
        if (variant == null) {
            List<String> names = List.copyOf(variants.keySet());
            String guess = Suggestion.among((String) type, names)
                    .map(s -> "; did you mean " + s + "?")
                    .orElse("");
            isTypeUnknown = true;
            return wrong(
                    object.getOrDefault(Shape.TYPE, object), typePlace, "one of " + String.join(", ", names) + guess);
        }
        return group(variant, place, object, standIns, Optional.of(new Chosen((String) type, variants)));
    }

    /** The type a group was chosen by, and what else could have been. */
    private record Chosen(String type, Map<String, Shape.Group> variants) {
        Optional<String> typeThatHas(String key) {
            return variants.entrySet().stream()
                    .filter(v ->
                            v.getValue().fields().stream().anyMatch(f -> f.key().equals(key)))
                    .map(Map.Entry::getKey)
                    .findFirst();
        }
    }

    /** Null if it cannot be made even with stand-ins. */
    private @Nullable Record group(
            Shape.Group shape, Place place, ConfigObject object, ConfigObject defaults, Optional<Chosen> chosen) {
        List<Shape.Field> fields = shape.fields();
        @Nullable Object[] values = new Object[fields.size()];
        for (int i = 0; i < values.length; i++) {
            String key = fields.get(i).key();
            known.add(place.child(key).key());
            values[i] = value(fields.get(i).shape(), place.child(key), object.get(key), defaults.get(key));
            if (values[i] == null) {
                values[i] = standIn(fields.get(i), place, defaults);
            }
        }
        noteUnknownKeys(fields, place, object, chosen);
        if (Arrays.asList(values).contains(null)) {
            return null;
        }
        try {
            return withItsFiles(shape.create(values), place, object);
        } catch (InvalidValues e) {
            e.problems().forEach(p -> outOfRange(p, place, object));
            for (InvalidValues.Problem problem : e.problems()) {
                for (int i = 0; i < values.length; i++) {
                    if (problem.component().equals(fields.get(i).component())) {
                        values[i] = standIn(fields.get(i), place, defaults);
                    }
                }
            }
        }
        try {
            return Arrays.asList(values).contains(null) ? null : shape.create(values);
        } catch (InvalidValues e) {
            return null; // the other values do not go with the defaults
        }
    }

    private @Nullable Object standIn(Shape.Field field, Place place, ConfigObject defaults) {
        Place child = place.child(field.key());
        standIns.add(child.key());
        Binder quiet = new Binder(List.of(), reader -> false);
        ConfigValue value = defaults.get(field.key());
        return quiet.value(field.shape(), child, value, value);
    }

    private Record withItsFiles(Record bound, Place place, ConfigObject object) {
        if (bound instanceof ReadsFiles reader && needs.test(reader)) {
            reader.missing().found().forEach(p -> outOfRange(p, place, object));
        }
        return bound;
    }

    private void outOfRange(InvalidValues.Problem problem, Place place, ConfigObject object) {
        String key = Shape.kebab(problem.component());
        boolean isBetweenRecords = key.contains(".");
        if (standIns.contains(place.child(key).key()) || isBetweenRecords && isTypeUnknown) {
            return;
        }
        ConfigValue value = innermost(object, key);
        boolean isWritten = value != null && isWritten(value);
        // a default breaks a limit only because of what was written beside it
        Source source = isWritten ? Source.of(value.origin()) : place.near();
        String given = problem.value() + (value == null || isWritten ? "" : " (the default)");
        String written = place.child(key).key();
        InvalidConfig.Problem found =
                new InvalidConfig.Problem(source, written + " = " + given + " must be " + problem.allowed());
        if (isWritten) {
            tell(value, written, problem.allowed(), found);
        } else {
            problems.add(found);
        }
    }

    /** The value that {@code a.b[0]} is about, or what is known of the way to it; null if nothing is. */
    private static @Nullable ConfigValue innermost(ConfigObject object, String key) {
        String[] names = key.split("[^a-z0-9-]");
        ConfigValue value = object.get(names[0]);
        for (int i = 1; i < names.length && value instanceof ConfigObject child && child.containsKey(names[i]); i++) {
            value = child.get(names[i]);
        }
        return value;
    }

    private void noteUnknownKeys(List<Shape.Field> fields, Place place, ConfigObject object, Optional<Chosen> chosen) {
        Set<String> keys = fields.stream().map(Shape.Field::key).collect(Collectors.toSet());
        chosen.ifPresent(c -> keys.add(Shape.TYPE));
        for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
            if (keys.contains(entry.getKey()) || !isWritten(entry.getValue())) {
                continue;
            }
            Optional<String> other = chosen.flatMap(c -> c.typeThatHas(entry.getKey()));
            String clause = chosen.map(c -> " of type " + c.type()).orElse("")
                    + other.map(type -> "; it belongs to type " + type).orElse("");
            unknown.add(new Unknown(
                    place.child(Rendering.key(entry.getKey())).key(),
                    Source.of(entry.getValue().origin()),
                    clause,
                    other.isPresent()));
        }
    }

    /** Whether a user wrote any of it; the defaults are ours to check, in {@link ConfigReference}. */
    private static boolean isWritten(ConfigValue value) {
        if (value instanceof ConfigObject object && !object.isEmpty()) {
            // Not its values, a set, in which one that is written may be taken for an equal default.
            return object.entrySet().stream().anyMatch(entry -> isWritten(entry.getValue()));
        }
        return !Source.of(value.origin()).isDefault();
    }

    private void judgeUnknownKeys() {
        for (Unknown u : unknown) {
            String guess = u.isExplained()
                    ? ""
                    : Suggestion.among(u.key(), known)
                            .map(s -> "; did you mean " + s + "?")
                            .orElse("");
            problem(u.source(), "unknown key " + u.key() + u.clause() + guess);
        }
    }

    private @Nullable Object wrong(ConfigValue value, Place place, String allowed) {
        InvalidConfig.Problem found = new InvalidConfig.Problem(
                Source.of(value.origin()), place.key() + " = " + Scalar.shortText(value) + " must be " + allowed);
        tell(value, place.key(), allowed, found);
        return null;
    }

    /** Only once where another key refers to this one: by the shorter of them, which is the one that was written. */
    private void tell(ConfigValue value, String key, String allowed, InvalidConfig.Problem problem) {
        for (int i = 0; i < told.size(); i++) {
            Told before = told.get(i);
            if (before.value() == value && before.allowed().equals(allowed)) {
                if (key.length() < before.key().length()) {
                    problems.set(before.at(), problem);
                    told.set(i, new Told(value, key, allowed, before.at()));
                }
                return;
            }
        }
        told.add(new Told(value, key, allowed, problems.size()));
        problems.add(problem);
    }

    private @Nullable Object problem(Source source, String sentence) {
        problems.add(new InvalidConfig.Problem(source, sentence));
        return null;
    }

    /** Ends the sentence "key = value must be …" for a value of quite another shape. */
    private static String mustBe(Shape shape, Optional<ConfigValue> value) {
        if (shape instanceof Shape.Leaf leaf) {
            return leaf.scalar().allowed();
        } else if (shape instanceof Shape.ListOf) {
            return "a list"
                    + value.map(v -> ", such as [" + Scalar.shortText(v) + "]").orElse("");
        } else if (shape instanceof Shape.Choice choice) {
            return "an object, such as { type = "
                    + choice.variants().keySet().iterator().next() + " }";
        }
        return "an object { … }";
    }
}
