package io.contrast4j.eval;

import io.contrast4j.data.Dataset;
import io.contrast4j.data.Sample;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which training pictures have labels that may be used: all, or few of each class, as for semi-supervised learning. Chosen
 * pictures are drawn from the seed alone, and come in the order of the data set.
 *
 * @param fraction share of each class, rounded, at least one picture
 * @param perClass pictures of each class; all where there are fewer
 * @param list file with a picture's file name on each line, as SimCLR's lists of 1 % and 10 % of ImageNet are
 */
public record Labels(Optional<Double> fraction, Optional<Integer> perClass, Optional<Path> list) implements ReadsFiles {
    /** All of them. */
    public static final Labels ALL = new Labels(Optional.empty(), Optional.empty(), Optional.empty());

    public Labels {
        new Problems()
                .require(
                        fraction.isEmpty() || fraction.get() > 0 && fraction.get() <= 1,
                        "fraction",
                        fraction.map(String::valueOf).orElse(""),
                        "above 0 and at most 1")
                .require(
                        perClass.isEmpty() || perClass.get() >= 1,
                        "perClass",
                        perClass.map(String::valueOf).orElse(""),
                        "at least 1")
                .require(
                        list.isEmpty() || fraction.isEmpty() && perClass.isEmpty(),
                        "list",
                        list.map(String::valueOf).orElse(""),
                        "null where labels.fraction or labels.per-class chooses")
                .require(
                        fraction.isEmpty() || perClass.isEmpty(),
                        "fraction",
                        fraction.map(String::valueOf).orElse(""),
                        "null where labels.per-class chooses")
                .raise();
    }

    @Override
    public Problems missing() {
        return new Problems()
                .require(
                        list.isEmpty() || Files.isRegularFile(list.get()),
                        "list",
                        list.map(String::valueOf).orElse(""),
                        "a file that is there");
    }

    /** Whether nothing is chosen: all labels are used. */
    public boolean isAll() {
        return equals(ALL);
    }

    /**
     * The indices of the pictures, ascending.
     *
     * @param seed of the draw
     * @throws UserError if a picture has no label, or a line of the list names no picture, or more than one
     */
    public int[] of(Dataset data, long seed) {
        if (list.isPresent()) {
            return listed(data, list.get());
        }
        Map<Integer, List<Integer>> classes = new TreeMap<>();
        for (int i = 0; i < data.size(); i++) {
            int label = data.label(i);
            requireLabel(data, i);
            classes.computeIfAbsent(label, key -> new ArrayList<>()).add(i);
        }
        List<Integer> chosen = new ArrayList<>();
        classes.forEach((label, all) -> {
            int count = perClass.orElse(all.size());
            if (fraction.isPresent()) {
                count = (int) Math.max(1, Math.rint(fraction.get() * all.size()));
            }
            if (count >= all.size()) {
                chosen.addAll(all);
                return;
            }
            int[] order = CounterRandom.of(seed, label).permutation(all.size());
            for (int i = 0; i < count; i++) {
                chosen.add(all.get(order[i]));
            }
        });
        return chosen.stream().mapToInt(i -> i).sorted().toArray();
    }

    /** Lines of a {@link #list} that chooses these pictures: names of files, with their folders where a name is not enough. */
    public static List<String> names(Dataset data, int[] chosen) {
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < data.size(); i++) {
            counts.merge(fileName(data.describe(i)), 1, Integer::sum);
        }
        List<String> names = new ArrayList<>();
        for (int index : chosen) {
            String name = fileName(data.describe(index));
            names.add(counts.getOrDefault(name, 0) == 1 ? name : slashes(data.describe(index)));
        }
        return names;
    }

    private static void requireLabel(Dataset data, int index) {
        if (data.label(index) == Sample.UNLABELLED) {
            throw new UserError(
                    UserError.USAGE,
                    "The training picture " + data.describe(index)
                            + " has no label; evaluations take data whose training pictures all have one.");
        }
    }

    /** A name may be that of the file alone, or have some of the folders above it. */
    private static int[] listed(Dataset data, Path list) {
        Map<String, Integer> byName = new HashMap<>();
        Map<String, Integer> twice = new HashMap<>();
        for (int i = 0; i < data.size(); i++) {
            Integer other = byName.putIfAbsent(fileName(data.describe(i)), i);
            if (other != null) {
                twice.put(fileName(data.describe(i)), i);
            }
        }
        List<Integer> chosen = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(list)) {
                String name = line.strip();
                if (name.isEmpty()) {
                    continue;
                }
                chosen.add(twice.containsKey(fileName(name)) ? byPath(data, name, list) : one(byName, name, list));
            }
        } catch (IOException unreadable) {
            throw new UserError(
                    UserError.USAGE,
                    "labels.list = " + list + " cannot be read (" + Reasons.of(unreadable) + ").",
                    unreadable);
        }
        if (chosen.isEmpty()) {
            throw new UserError(UserError.USAGE, "labels.list = " + list + " names no picture.");
        }
        chosen.forEach(index -> requireLabel(data, index));
        return chosen.stream().mapToInt(i -> i).sorted().distinct().toArray();
    }

    private static int one(Map<String, Integer> byName, String name, Path list) {
        Integer index = byName.get(fileName(name));
        if (index == null) {
            throw new UserError(
                    UserError.USAGE,
                    "labels.list = " + list + " names " + name + ", which is none of the training pictures.");
        }
        return index;
    }

    private static int byPath(Dataset data, String name, Path list) {
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < data.size(); i++) {
            String described = slashes(data.describe(i));
            if (described.equals(slashes(name)) || described.endsWith("/" + slashes(name))) {
                found.add(i);
            }
        }
        if (found.size() != 1) {
            throw new UserError(
                    UserError.USAGE,
                    "labels.list = " + list + " names " + name + ", which "
                            + (found.isEmpty() ? "is none" : "may be any of " + found.size())
                            + " of the training pictures.");
        }
        return found.get(0);
    }

    private static String fileName(String name) {
        String path = slashes(name);
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String slashes(String name) {
        return name.replace('\\', '/');
    }
}
