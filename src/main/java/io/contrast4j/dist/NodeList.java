package io.contrast4j.dist;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Slurm's way of writing many host names in one word: {@code login,node[03-05,9]} is login, node03, node04, node05 and
 * node9. A name may have several brackets ({@code rack[1-2]node[1-4]}); the last one counts fastest.
 */
final class NodeList {
    /** More hosts than any cluster has; a longer range is a mistake that would only fill the memory. */
    private static final int MOST = 100_000;

    private static final Pattern RANGE = Pattern.compile("(\\d{1,9})(?:-(\\d{1,9}))?");

    private NodeList() {}

    /** All hosts in the order of the list; empty if it is not written like one. */
    static Optional<List<String>> hosts(String list) {
        List<String> hosts = new ArrayList<>();
        for (String name : names(list)) {
            Optional<List<String>> expanded = expand(name.trim());
            if (expanded.isEmpty() || hosts.size() + expanded.get().size() > MOST) {
                return Optional.empty();
            }
            hosts.addAll(expanded.get());
        }
        return hosts.isEmpty() ? Optional.empty() : Optional.of(List.copyOf(hosts));
    }

    /** Splits at the commas outside brackets. */
    private static List<String> names(String list) {
        List<String> names = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < list.length(); i++) {
            char c = list.charAt(i);
            depth += c == '[' ? 1 : c == ']' ? -1 : 0;
            if (c == ',' && depth == 0) {
                names.add(list.substring(start, i));
                start = i + 1;
            }
        }
        names.add(list.substring(start));
        return names;
    }

    private static Optional<List<String>> expand(String name) {
        int open = name.indexOf('[');
        if (open < 0) {
            return name.matches("[A-Za-z0-9._-]+") ? Optional.of(List.of(name)) : Optional.empty();
        }
        int close = name.indexOf(']', open);
        if (close < 0 || !name.substring(0, open).matches("[A-Za-z0-9._-]*")) {
            return Optional.empty();
        }
        Optional<List<String>> numbers = numbers(name.substring(open + 1, close));
        String rest = name.substring(close + 1);
        Optional<List<String>> ends = rest.isEmpty() ? Optional.of(List.of("")) : expand(rest);
        if (numbers.isEmpty()
                || ends.isEmpty()
                || (long) numbers.get().size() * ends.get().size() > MOST) {
            return Optional.empty();
        }
        List<String> expanded = new ArrayList<>();
        for (String number : numbers.get()) {
            for (String end : ends.get()) {
                expanded.add(name.substring(0, open) + number + end);
            }
        }
        return Optional.of(expanded);
    }

    /** {@code 03-05,9}: numbers keep the leading zeros of the first of their range. */
    private static Optional<List<String>> numbers(String ranges) {
        List<String> numbers = new ArrayList<>();
        for (String range : ranges.split(",", -1)) {
            Matcher matcher = RANGE.matcher(range);
            if (!matcher.matches()) {
                return Optional.empty();
            }
            String first = matcher.group(1);
            int from = Integer.parseInt(first);
            int to = matcher.group(2) == null ? from : Integer.parseInt(matcher.group(2));
            if (to < from || (long) to - from >= MOST - numbers.size()) {
                return Optional.empty();
            }
            for (int number = from; number <= to; number++) {
                String digits = Integer.toString(number);
                numbers.add("0".repeat(Math.max(0, first.length() - digits.length())) + digits);
            }
        }
        return Optional.of(numbers);
    }
}
