package io.contrast4j.config;

import io.contrast4j.spec.TypeName;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a configuration value may look like, read from the Java type it is bound to. */
sealed interface Shape {
    /** The key that picks a variant of a choice. */
    String TYPE = "type";

    /** In a few words, for the reference manual. */
    String describe();

    /** @throws IllegalArgumentException if values of this type cannot be bound */
    static Shape of(Type type) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            if (generic.getRawType() == List.class) {
                return new ListOf(of(arguments[0]));
            }
            if (generic.getRawType() == Optional.class) {
                return new Maybe(of(arguments[0]));
            }
            if (generic.getRawType() == Map.class && arguments[0] == String.class) {
                return new MapOf(of(arguments[1]));
            }
        } else if (type == Fragment.class) {
            return new Piece();
        } else if (type instanceof Class<?> c && c.isRecord()) {
            return new Group(c.asSubclass(Record.class));
        } else if (type instanceof Class<?> c && c.isSealed() && c.isInterface()) {
            return new Choice(c);
        } else if (type instanceof Class<?> c && Scalar.reads(c)) {
            return new Leaf(new Scalar(c));
        }
        throw new IllegalArgumentException("cannot bind a configuration value to " + type.getTypeName());
    }

    /** A number, text, path, duration, truth value or constant. */
    record Leaf(Scalar scalar) implements Shape {
        @Override
        public String describe() {
            return scalar.describe();
        }
    }

    /** Anything, which is bound elsewhere. */
    record Piece() implements Shape {
        @Override
        public String describe() {
            return "anything";
        }
    }

    record ListOf(Shape element) implements Shape {
        @Override
        public String describe() {
            return "list of: " + element.describe();
        }
    }

    /** Any keys, each with a value of the same shape. */
    record MapOf(Shape value) implements Shape {
        @Override
        public String describe() {
            return "map to: " + value.describe();
        }
    }

    /** May be absent or null. */
    record Maybe(Shape value) implements Shape {
        @Override
        public String describe() {
            return value.describe() + ", optional";
        }
    }

    /** A record: fixed keys. */
    record Group(Class<? extends Record> type) implements Shape {
        List<Field> fields() {
            return Arrays.stream(type.getRecordComponents())
                    .map(c -> new Field(c.getName(), kebab(c.getName()), of(c.getGenericType())))
                    .toList();
        }

        /** Calls the canonical constructor; what it throws passes through. */
        Record create(Object[] values) {
            try {
                Class<?>[] types = Arrays.stream(type.getRecordComponents())
                        .map(RecordComponent::getType)
                        .toArray(Class<?>[]::new);
                Constructor<? extends Record> constructor = type.getDeclaredConstructor(types);
                constructor.setAccessible(true);
                return constructor.newInstance(values);
            } catch (InvocationTargetException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw new IllegalStateException(type + " cannot be made", e);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(type + " cannot be made", e);
            }
        }

        @Override
        public String describe() {
            return "record";
        }
    }

    /** A sealed interface: one of several records, named by the key {@code type}. */
    record Choice(Class<?> type) implements Shape {
        /** By name, in the order of the permits clause. */
        Map<String, Group> variants() {
            Map<String, Group> found = new LinkedHashMap<>();
            addVariants(type, found);
            return found;
        }

        private static void addVariants(Class<?> type, Map<String, Group> found) {
            for (Class<?> permitted : type.getPermittedSubclasses()) {
                TypeName name = permitted.getAnnotation(TypeName.class);
                if (permitted.isInterface() && permitted.isSealed()) {
                    addVariants(permitted, found);
                } else if (!permitted.isRecord() || name == null) {
                    throw new IllegalArgumentException(permitted + " must be a record with @TypeName");
                } else if (found.put(name.value(), new Group(permitted.asSubclass(Record.class))) != null) {
                    throw new IllegalArgumentException(type + " has two records named " + name.value());
                }
            }
        }

        @Override
        public String describe() {
            return "one of " + String.join(", ", variants().keySet());
        }
    }

    /** A record component and its key. */
    record Field(String component, String key, Shape shape) {}

    /** {@code learningRate} is {@code learning-rate}, {@code useEMAKeys} is {@code use-ema-keys}. */
    static String kebab(String camelCase) {
        return camelCase
                .replaceAll("([a-z0-9])([A-Z])", "$1-$2")
                .replaceAll("([A-Z])([A-Z][a-z])", "$1-$2")
                .toLowerCase(Locale.ROOT);
    }
}
