package io.contrast4j.flags;

import io.contrast4j.spec.UserError;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/**
 * An option of a published program, or a key of its JSON files.
 *
 * @param names all that it may be called, such as {@code -b} and {@code --batch-size}; without dashes, it is a positional argument,
 *     a variable of the environment, or a key
 * @param form how it is written
 * @param type of its value: int, float, bool or str
 * @param byDefault its default; empty if it has none
 * @param choices what it may be; empty for anything of its type
 * @param onlyIfGiven whether its default is not ours to take over, as it is about a machine or a folder
 * @param closed whether a value for which there is no rule cannot be imported
 * @param rules what it becomes; all that hold are used
 * @param note why there is no rule, or what else is worth knowing; may be empty
 */
record Option(
        List<String> names,
        Form form,
        String type,
        Optional<String> byDefault,
        List<String> choices,
        boolean onlyIfGiven,
        boolean closed,
        List<Rule> rules,
        String note) {
    /** The value of an option that has none. */
    static final String NOTHING = "null";

    /** How an option is written. */
    enum Form {
        /** With a value. */
        VALUE,
        /** With any number of values. */
        VALUES,
        /** By itself, which makes it true. */
        SWITCH_ON,
        /** By itself, which makes it false. */
        SWITCH_OFF
    }

    Option {
        names = List.copyOf(names);
        choices = List.copyOf(choices);
        rules = List.copyOf(rules);
    }

    /** The last of its names, by which rules and messages call it. */
    String name() {
        return names.get(names.size() - 1);
    }

    boolean isPositional() {
        return !name().startsWith("-") && !name().equals(PublishedCommand.GPUS);
    }

    /** The value where nothing is given. */
    String unset() {
        return switch (form) {
            case SWITCH_ON -> "false";
            case SWITCH_OFF -> "true";
            default -> byDefault.orElse(NOTHING);
        };
    }

    /**
     * Takes a value.
     *
     * @throws UserError if it cannot have this one
     */
    String checked(String value) {
        boolean isChoice = choices.isEmpty() || choices.contains(value);
        if (!isChoice || form == Form.VALUE && !value.equals(NOTHING) && !isOfType(value)) {
            throw new UserError(
                    UserError.USAGE,
                    name() + " " + value + " must be "
                            + (choices.isEmpty() ? typeInWords() : "one of " + String.join(", ", choices)) + ".");
        }
        return value;
    }

    private boolean isOfType(String value) {
        try {
            return switch (type) {
                case "int" -> new BigDecimal(value).stripTrailingZeros().scale() <= 0;
                case "float" -> Double.isFinite(new BigDecimal(value).doubleValue());
                case "bool" -> value.matches("true|false");
                default -> true;
            };
        } catch (NumberFormatException notANumber) {
            return false;
        }
    }

    private String typeInWords() {
        return switch (type) {
            case "int" -> "a whole number";
            case "float" -> "a number";
            case "bool" -> "true or false";
            default -> "a text";
        };
    }
}
