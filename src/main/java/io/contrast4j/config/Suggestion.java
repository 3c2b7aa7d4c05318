package io.contrast4j.config;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Guesses which key or name an unknown one was meant to be. */
public final class Suggestion {
    /** Keys that differ by more than this share of their letters are not alike. */
    private static final double ALIKE = 1.0 / 3;

    /** What it costs to have the wrong parent: less than one wrong letter of a five-letter key. */
    private static final double MOVED = 0.15;

    /** What it costs to be the initials of a key, or one of its words. */
    private static final double ABBREVIATED = 0.1;

    private static final double ONE_WORD = 0.15;

    private Suggestion() {}

    /**
     * The known name or key most like an unknown one. Of a key the last part of the key counts: as {@code momentum} is written in the wrong
     * place, {@code optimizer.momentum} is suggested.
     *
     * @param key with its parents, such as {@code optimizer.lr}
     */
    static Optional<String> among(String key, List<String> known) {
        double best = ALIKE + 1e-9;
        Optional<String> nearest = Optional.empty();
        for (String candidate : known) {
            double cost = difference(last(key), last(candidate)) + (parent(key).equals(parent(candidate)) ? 0 : MOVED);
            if (cost < best) {
                best = cost;
                nearest = Optional.of(candidate);
            }
        }
        return nearest;
    }

    /**
     * The known names most like an unknown one, the most similar first: those that hold the most of its words ({@code
     * moco-v2} is two), and of these the ones with the fewest letters to change. One that has none of its words must be alike in
     * its letters.
     */
    public static List<String> nearest(String name, List<String> known, int most) {
        List<String> words =
                Arrays.stream(name.split("-")).filter(word -> !word.isEmpty()).toList();
        return known.stream()
                .filter(candidate -> missing(words, candidate) < words.size()
                        || edits(name, candidate) <= ALIKE * Math.max(name.length(), candidate.length()))
                .sorted(Comparator.comparingLong((String candidate) -> missing(words, candidate))
                        .thenComparingInt(candidate -> edits(name, candidate)))
                .limit(most)
                .toList();
    }

    private static long missing(List<String> words, String candidate) {
        return words.stream().filter(word -> !candidate.contains(word)).count();
    }

    /** Between 0 (the same but for camelCase and underscores) and 1. */
    private static double difference(String unknown, String known) {
        String kebab = Shape.kebab(unknown).replace('_', '-');
        if (kebab.length() > 1 && kebab.equals(initials(known))) {
            return ABBREVIATED;
        }
        boolean isOneWord =
                kebab.length() > 2 && Arrays.asList(known.split("-")).contains(kebab);
        double edits = (double) edits(kebab, known.toLowerCase(Locale.ROOT)) / Math.max(kebab.length(), known.length());
        return isOneWord ? Math.min(edits, ONE_WORD) : edits;
    }

    private static String initials(String kebab) {
        return Arrays.stream(kebab.split("-"))
                .filter(word -> !word.isEmpty())
                .map(word -> word.substring(0, 1))
                .collect(Collectors.joining());
    }

    /** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
    static int edits(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int replaced = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(d[i - 1][j - 1] + replaced, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }

    private static String last(String key) {
        return key.substring(key.lastIndexOf('.') + 1);
    }

    private static String parent(String key) {
        return key.substring(0, Math.max(0, key.lastIndexOf('.')));
    }
}
