package io.contrast4j.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** How one plain value is read from HOCON: exactly, or not at all. */
record Scalar(Class<?> type) {
    private static final Set<Class<?>> WHOLE = Set.of(int.class, Integer.class, long.class, Long.class);
    private static final Set<Class<?>> REAL = Set.of(double.class, Double.class, float.class, Float.class);
    private static final Set<Class<?>> BOOLEAN = Set.of(boolean.class, Boolean.class);
    private static final int LONGEST_TEXT = 80;

    static boolean reads(Class<?> type) {
        return WHOLE.contains(type)
                || REAL.contains(type)
                || BOOLEAN.contains(type)
                || type == String.class
                || type == Path.class
                || type == Duration.class
                || type.isEnum();
    }

    /** The value is not one of this type. */
    static final class Mismatch extends Exception {
        /** @param allowed ends the sentence "key = value must be …" */
        Mismatch(String allowed) {
            super(allowed);
        }

        String allowed() {
            return String.valueOf(getMessage());
        }
    }

    Object read(ConfigValue value) throws Mismatch {
        if (value.valueType() == ConfigValueType.OBJECT || value.valueType() == ConfigValueType.LIST) {
            throw new Mismatch(allowed());
        }
        String text = text(value);
        if (WHOLE.contains(type)) {
            return whole(text);
        } else if (REAL.contains(type)) {
            return real(text);
        } else if (BOOLEAN.contains(type)) {
            return truth(text);
        } else if (type == Path.class) {
            return path(text);
        } else if (type == Duration.class) {
            return duration(value, text);
        } else if (type.isEnum()) {
            return constant(text);
        }
        return text;
    }

    /** A noun for the reference manual. */
    String describe() {
        if (WHOLE.contains(type)) {
            return "whole number";
        } else if (REAL.contains(type)) {
            return "number";
        } else if (BOOLEAN.contains(type)) {
            return "true or false";
        } else if (type == Path.class) {
            return "path";
        } else if (type == Duration.class) {
            return "duration";
        } else if (type.isEnum()) {
            return "one of " + String.join(", ", names());
        }
        return "text";
    }

    /** Ends the sentence "key = value must be …". */
    String allowed() {
        if (type == Duration.class) {
            return "a duration with its unit, such as 90s or 2h";
        }
        boolean hasArticle = type.isEnum() || BOOLEAN.contains(type) || type == String.class;
        return hasArticle ? describe() : "a " + describe();
    }

    private Object whole(String text) throws Mismatch {
        BigDecimal number = number(text);
        boolean isInt = type == int.class || type == Integer.class;
        long low = isInt ? Integer.MIN_VALUE : Long.MIN_VALUE;
        long high = isInt ? Integer.MAX_VALUE : Long.MAX_VALUE;
        // the range first: to write out 1e999999999 would fill the memory
        boolean inRange =
                number.compareTo(BigDecimal.valueOf(low)) >= 0 && number.compareTo(BigDecimal.valueOf(high)) <= 0;
        if (!inRange) {
            throw new Mismatch("a whole number between " + low + " and " + high);
        }
        if (number.stripTrailingZeros().scale() > 0) {
            throw new Mismatch(allowed());
        }
        return isInt ? (Object) number.intValueExact() : (Object) number.longValueExact();
    }

    private Object real(String text) throws Mismatch {
        BigDecimal number = number(text);
        boolean isDouble = type == double.class || type == Double.class;
        double nearest = isDouble ? number.doubleValue() : number.floatValue();
        if (Double.isInfinite(nearest) || (nearest == 0 && number.signum() != 0)) {
            throw new Mismatch("within the range of a " + (isDouble ? "double" : "float"));
        }
        return isDouble ? (Object) nearest : (Object) (float) nearest;
    }

    private BigDecimal number(String text) throws Mismatch {
        try {
            return new BigDecimal(text);
        } catch (NumberFormatException e) {
            throw new Mismatch(allowed());
        }
    }

    private Object truth(String text) throws Mismatch {
        return switch (text) {
            case "true", "yes", "on" -> true;
            case "false", "no", "off" -> false;
            default -> throw new Mismatch(allowed());
        };
    }

    private Object path(String text) throws Mismatch {
        try {
            if (!text.isEmpty()) {
                return Path.of(text);
            }
        } catch (InvalidPathException e) {
            // answered below
        }
        throw new Mismatch(allowed());
    }

    /** HOCON would take a bare number as milliseconds, which nobody expects. */
    private Object duration(ConfigValue value, String text) throws Mismatch {
        try {
            if (text.chars().anyMatch(Character::isLetter)) {
                return value.atKey("it").getDuration("it");
            }
        } catch (ConfigException | ArithmeticException e) {
            // answered below
        }
        throw new Mismatch(allowed());
    }

    private Object constant(String text) throws Mismatch {
        List<String> names = names();
        int index = names.indexOf(text);
        if (index < 0) {
            throw new Mismatch(allowed()
                    + Suggestion.among(text, names)
                            .map(s -> "; did you mean " + s + "?")
                            .orElse(""));
        }
        return type.getEnumConstants()[index];
    }

    private List<String> names() {
        return Arrays.stream(type.getEnumConstants())
                .map(c -> ((Enum<?>) c).name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .collect(Collectors.toList());
    }

    /** The text of a plain value as it was written: {@code 1e-3} stays {@code 1e-3}. */
    static String text(ConfigValue value) {
        return switch (value.valueType()) {
            case NULL -> "null";
            case OBJECT, LIST -> value.render(ConfigRenderOptions.concise());
            default -> value.atKey("it").getString("it");
        };
    }

    /** {@link #text}, shortened to fit in a sentence. */
    static String shortText(ConfigValue value) {
        String text = text(value);
        return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT - 1) + "…";
    }
}
