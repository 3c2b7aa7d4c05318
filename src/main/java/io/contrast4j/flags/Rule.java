package io.contrast4j.flags;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What an option becomes in a configuration. The text may hold the option's value in these forms: {@code $VALUE}, as it is;
 * {@code $TEXT}, in quotes; {@code $LIST}, {@code 120,160} as {@code [120, 160]}; {@code $COUNT}, the number of a list's elements;
 * {@code $EXITS}, {@code [False,True]} as the numbers of those that are true, from 1, and {@code $EXIT_NAMES}, as the outputs of
 * these and of the backbone; {@code $LESS_ONE}, {@code $CUBE} and {@code $CUBE_TENTH}, of numbers.
 *
 * @param when for names of options, among them perhaps the option itself, what their values must be: a regular expression, or
 *     {@code >=N}; all must hold
 * @param hocon one line or several
 */
record Rule(Map<String, String> when, String hocon) {
    private static final String AT_LEAST = ">=";

    Rule {
        when = Map.copyOf(when);
    }

    /** @param values by the first name of each option; {@code null} as a word for those that have none */
    boolean holds(Map<String, String> values) {
        return when.entrySet().stream().allMatch(one -> {
            String value = values.getOrDefault(one.getKey(), Option.NOTHING);
            String wanted = one.getValue();
            return wanted.startsWith(AT_LEAST)
                    ? !value.equals(Option.NOTHING)
                            && new BigDecimal(value).compareTo(new BigDecimal(wanted.substring(AT_LEAST.length()))) >= 0
                    : value.matches(wanted);
        });
    }

    /** The text with a value. */
    String with(String value) {
        String text = hocon;
        if (text.contains("$LESS_ONE")) {
            text = text.replace(
                    "$LESS_ONE", new BigDecimal(value).subtract(BigDecimal.ONE).toPlainString());
        }
        if (text.contains("$CUBE")) {
            BigDecimal cube = new BigDecimal(value).pow(3).stripTrailingZeros();
            text = text.replace("$CUBE_TENTH", cube.movePointLeft(1).toPlainString())
                    .replace("$CUBE", cube.toPlainString());
        }
        return text.replace("$VALUE", value)
                .replace("$TEXT", '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .replace("$LIST", elements(value).toString())
                .replace("$COUNT", Integer.toString(elements(value).size()))
                .replace("$EXIT_NAMES", exits(value).toString())
                .replace("$EXITS", positions(value).toString());
    }

    private static List<String> elements(String value) {
        return Arrays.stream(value.replaceAll("[\\[\\]]", "").split(","))
                .map(String::strip)
                .filter(element -> !element.isEmpty())
                .toList();
    }

    /** The names of the exits, and of what the backbone ends in. */
    private static List<String> exits(String value) {
        List<String> names = new ArrayList<>();
        positions(value).forEach(position -> names.add("exit" + position));
        names.add("pooled");
        return names;
    }

    private static List<Integer> positions(String value) {
        List<String> flags = elements(value);
        List<Integer> positions = new ArrayList<>();
        for (int i = 0; i < flags.size(); i++) {
            if (flags.get(i).equalsIgnoreCase("true")) {
                positions.add(i + 1);
            }
        }
        return positions;
    }
}
