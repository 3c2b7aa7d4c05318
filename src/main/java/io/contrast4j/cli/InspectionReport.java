package io.contrast4j.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.contrast4j.prepare.Duplicates;
import io.contrast4j.prepare.Inspection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What an inspection has found, for people and for programs. */
final class InspectionReport {
    /** Of a data set with more, those with the fewest and the most samples are shown. */
    private static final int CLASSES_SHOWN = 30;

    private static final int ENDS_SHOWN = 5;
    private static final int DUPLICATES_SHOWN = 20;

    private final List<Inspection> parts;
    private final List<List<Duplicates.Place>> duplicates;

    InspectionReport(List<Inspection> parts) {
        this.parts = List.copyOf(parts);
        this.duplicates = Duplicates.among(parts);
    }

    /** How many samples cannot be read. */
    int damaged() {
        return parts.stream().mapToInt(part -> part.damaged().size()).sum();
    }

    String text() {
        StringBuilder text = new StringBuilder();
        parts.forEach(part -> text.append(text(part)).append('\n'));
        text.append(classTable()).append('\n');
        text.append(classDifferences());
        text.append(duplicateList());
        text.append(damageList());
        return text.toString();
    }

    private static String text(Inspection part) {
        StringBuilder text = new StringBuilder();
        int classes = part.classCounts().length;
        text.append(format(
                "%s: %d pictures in %d classes%n", part.name(), part.data().size(), classes));
        if (part.unlabelled() > 0) {
            line(text, "no class", format("%d pictures", part.unlabelled()));
        }
        if (classes > 0) {
            int[] sorted = Arrays.stream(part.classCounts()).sorted().toArray();
            int least = sorted[0];
            int most = sorted[classes - 1];
            String ratio = least == 0 ? "some are empty" : format("imbalance %.2f", (double) most / least);
            line(text, "per class", format("%s (%s)", spread(sorted, "%d"), ratio));
        }
        line(text, "read", format("%d of %d", part.chosen().length, part.data().size()));
        if (part.readable() > 0) {
            line(text, "width", spread(part.widths(), "%d"));
            line(text, "height", spread(part.heights(), "%d"));
            line(
                    text,
                    "width/height",
                    format(
                            "%.3f to %.3f, median %.3f",
                            part.aspects()[0], part.aspects()[part.readable() - 1], median(part.aspects())));
            line(text, "grey", format("%d (%.1f %%)", part.grey(), 100.0 * part.grey() / part.readable()));
            line(text, "mean R G B", channels(part.pixels()::mean));
            line(text, "std  R G B", channels(part.pixels()::std));
        }
        if (!part.damaged().isEmpty()) {
            line(
                    text,
                    "damaged",
                    format("%d cannot be read, see below", part.damaged().size()));
        }
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(format("  %-13s %s%n", name, value));
    }

    private static String spread(int[] sorted, String number) {
        return format(
                number + " to " + number + ", median %s",
                sorted[0],
                sorted[sorted.length - 1],
                plain(median(Arrays.stream(sorted).asDoubleStream().toArray())));
    }

    private static String channels(IntToDoubleFunction value) {
        return IntStream.range(0, 3)
                .mapToObj(channel -> format("%.4f", value.applyAsDouble(channel)))
                .collect(Collectors.joining(" "));
    }

    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? format("%.0f", value) : format("%.1f", value);
    }

    /** The number of samples of each class in each part, for the classes worth showing. */
    private String classTable() {
        List<String> classes = allClasses();
        List<String> shown = classes;
        boolean cut = classes.size() > CLASSES_SHOWN;
        if (cut) {
            Inspection first = parts.get(0);
            List<String> bySize = classes.stream()
                    .sorted(Comparator.comparingInt(name -> count(first, name)))
                    .toList();
            shown = new ArrayList<>(bySize.subList(0, ENDS_SHOWN));
            shown.addAll(bySize.subList(bySize.size() - ENDS_SHOWN, bySize.size()));
        }
        int width = Math.max(5, shown.stream().mapToInt(String::length).max().orElse(5));
        StringBuilder text = new StringBuilder(format("%-" + width + "s", "class"));
        parts.forEach(part -> text.append(format("  %10s", part.name())));
        text.append('\n');
        for (String name : shown) {
            text.append(format("%-" + width + "s", name));
            parts.forEach(part -> text.append(format("  %10d", count(part, name))));
            text.append('\n');
        }
        if (cut) {
            text.append(format(
                    "(of %d classes the %d smallest and the %d largest of %s; --json has them all)%n",
                    classes.size(), ENDS_SHOWN, ENDS_SHOWN, parts.get(0).name()));
        }
        return text.toString();
    }

    private List<String> allClasses() {
        Set<String> all = new LinkedHashSet<>();
        parts.forEach(part -> all.addAll(part.data().classes()));
        return List.copyOf(all);
    }

    private static int count(Inspection part, String name) {
        int label = part.data().classes().indexOf(name);
        return label < 0 ? 0 : part.classCounts()[label];
    }

    private String classDifferences() {
        StringBuilder text = new StringBuilder();
        Inspection first = parts.get(0);
        for (Inspection part : parts.subList(1, parts.size())) {
            Set<String> missing = new LinkedHashSet<>(first.data().classes());
            part.data().classes().forEach(missing::remove);
            Set<String> more = new LinkedHashSet<>(part.data().classes());
            first.data().classes().forEach(more::remove);
            if (!missing.isEmpty()) {
                text.append(
                        format("only in %s, not in %s: %s%n", first.name(), part.name(), String.join(", ", missing)));
            }
            if (!more.isEmpty()) {
                text.append(format("only in %s, not in %s: %s%n", part.name(), first.name(), String.join(", ", more)));
            }
        }
        return text.isEmpty() ? "" : text.append('\n').toString();
    }

    private String duplicateList() {
        if (duplicates.isEmpty()) {
            return "no picture is there more than once\n";
        }
        StringBuilder text = new StringBuilder();
        text.append(format(
                "more than once: %d pictures (in several parts: %d)%n",
                duplicates.size(),
                duplicates.stream().filter(InspectionReport::acrossParts).count()));
        duplicates.stream()
                .limit(DUPLICATES_SHOWN)
                .forEach(group -> text.append("  ")
                        .append(group.stream()
                                .map(place -> place.part() + ": " + place.sample())
                                .collect(Collectors.joining(" = ")))
                        .append('\n'));
        if (duplicates.size() > DUPLICATES_SHOWN) {
            text.append(format("  and %d more; --json has them all%n", duplicates.size() - DUPLICATES_SHOWN));
        }
        return text.toString();
    }

    private static boolean acrossParts(List<Duplicates.Place> group) {
        return group.stream().map(Duplicates.Place::part).distinct().count() > 1;
    }

    private String damageList() {
        if (damaged() == 0) {
            return "every picture that was read is whole\n";
        }
        StringBuilder text = new StringBuilder(format("%d cannot be read:%n", damaged()));
        for (Inspection part : parts) {
            part.damaged()
                    .forEach(damage -> text.append("  ").append(damage.reason()).append('\n'));
        }
        return text.toString();
    }

    String json() {
        JsonObject root = new JsonObject();
        JsonArray list = new JsonArray();
        parts.forEach(part -> list.add(json(part)));
        root.add("parts", list);
        JsonArray groups = new JsonArray();
        for (List<Duplicates.Place> group : duplicates) {
            JsonArray places = new JsonArray();
            group.forEach(place -> {
                JsonObject one = new JsonObject();
                one.addProperty("part", place.part());
                one.addProperty("sample", place.sample());
                places.add(one);
            });
            groups.add(places);
        }
        root.add("duplicates", groups);
        return new GsonBuilder()
                        .setPrettyPrinting()
                        .disableHtmlEscaping()
                        .create()
                        .toJson(root) + "\n";
    }

    private static JsonObject json(Inspection part) {
        JsonObject json = new JsonObject();
        json.addProperty("name", part.name());
        json.addProperty("pictures", part.data().size());
        json.addProperty("unlabelled", part.unlabelled());
        JsonObject classes = new JsonObject();
        for (int label = 0; label < part.classCounts().length; label++) {
            classes.addProperty(part.data().classes().get(label), part.classCounts()[label]);
        }
        json.add("classes", classes);
        json.addProperty("read", part.chosen().length);
        if (part.readable() > 0) {
            json.add(
                    "width",
                    spread(Arrays.stream(part.widths()).asDoubleStream().toArray()));
            json.add(
                    "height",
                    spread(Arrays.stream(part.heights()).asDoubleStream().toArray()));
            json.add("aspect", spread(part.aspects()));
            json.addProperty("grey", part.grey());
            json.addProperty("pixels", part.pixels().count());
            json.add("mean", array(part.pixels()::mean));
            json.add("std", array(part.pixels()::std));
        }
        JsonArray damaged = new JsonArray();
        for (Inspection.Damage damage : part.damaged()) {
            JsonObject one = new JsonObject();
            one.addProperty("sample", part.data().describe(damage.index()));
            one.addProperty("reason", damage.reason());
            damaged.add(one);
        }
        json.add("damaged", damaged);
        return json;
    }

    private static JsonObject spread(double[] sorted) {
        JsonObject json = new JsonObject();
        json.addProperty("min", sorted[0]);
        json.addProperty("median", median(sorted));
        json.addProperty("max", sorted[sorted.length - 1]);
        return json;
    }

    private static JsonArray array(IntToDoubleFunction value) {
        JsonArray json = new JsonArray();
        IntStream.range(0, 3).forEach(channel -> json.add(value.applyAsDouble(channel)));
        return json;
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
