package io.contrast4j.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * In what the names and shapes of two sets of tensors differ, in sentences: what a network needs and a file has not, what
 * only the file has, and what has another shape. Beside a name that is missing stands the most similar one that is too
 * many, as its prefix is usually all that is wrong.
 */
public final class StateDifference {
    private final List<String> sentences = new ArrayList<>();

    /**
     * @param here name → shape, as it must be
     * @param there name → shape, as it is
     */
    public StateDifference(Map<String, long[]> here, Map<String, long[]> there) {
        Set<String> missing = new TreeSet<>(here.keySet());
        missing.removeAll(there.keySet());
        Set<String> unexpected = new TreeSet<>(there.keySet());
        unexpected.removeAll(here.keySet());
        here.forEach((name, shape) -> {
            long[] other = there.get(name);
            if (other == null) {
                sentences.add("it has no " + name
                        + nearest(name, unexpected)
                                .map(similar -> " (its " + similar + " is similar)")
                                .orElse(""));
            } else if (!Arrays.equals(shape, other)) {
                sentences.add(name + " is " + text(other) + " there and " + text(shape) + " here");
            }
        });
        there.keySet().stream()
                .filter(unexpected::contains)
                .forEach(name -> sentences.add(name + " is unknown here"
                        + nearest(name, missing)
                                .map(similar -> " (" + similar + " is similar)")
                                .orElse("")));
    }

    /** One sentence without its full stop for each difference; none if there is none. */
    public List<String> sentences() {
        return List.copyOf(sentences);
    }

    /** The first few, and how many more there are. */
    public String summary(int most) {
        return summary(sentences, most);
    }

    /** The same of the sentences of several differences. */
    public static String summary(List<String> sentences, int most) {
        int shown = Math.min(most, sentences.size());
        int more = sentences.size() - shown;
        return String.join(", ", sentences.subList(0, shown))
                + (more == 0 ? "" : " (and " + more + (more == 1 ? " more difference)" : " more differences)"));
    }

    /** The candidate with the most parts in common from the end, then from the start; at least one part. */
    private static Optional<String> nearest(String name, Set<String> candidates) {
        List<String> parts = List.of(name.split("\\."));
        return candidates.stream()
                .filter(candidate -> common(parts, candidate, true) > 1)
                .max(Comparator.<String>comparingInt(candidate -> common(parts, candidate, true))
                        .thenComparingInt(candidate -> common(parts, candidate, false))
                        .thenComparing(Comparator.comparingInt(String::length).reversed()));
    }

    private static int common(List<String> parts, String other, boolean fromEnd) {
        List<String> others = List.of(other.split("\\."));
        int count = 0;
        int most = Math.min(parts.size(), others.size());
        while (count < most
                && (fromEnd
                        ? parts.get(parts.size() - 1 - count).equals(others.get(others.size() - 1 - count))
                        : parts.get(count).equals(others.get(count)))) {
            count++;
        }
        return count;
    }

    private static String text(long[] shape) {
        return shape.length == 0
                ? "a scalar"
                : String.join("×", Arrays.stream(shape).mapToObj(Long::toString).toList());
    }
}
