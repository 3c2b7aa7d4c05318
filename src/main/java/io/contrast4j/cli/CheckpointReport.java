package io.contrast4j.cli;

import io.contrast4j.checkpoint.Namespace;
import io.contrast4j.checkpoint.NumpyArray;
import io.contrast4j.checkpoint.OrderedDict;
import io.contrast4j.checkpoint.PthListing;
import io.contrast4j.checkpoint.PythonObject;
import io.contrast4j.checkpoint.Recognized;
import io.contrast4j.checkpoint.StorageInfo;
import io.contrast4j.checkpoint.TensorInfo;
import io.contrast4j.checkpoint.Trees;
import io.contrast4j.checkpoint.Tuple;
import io.contrast4j.optim.OptimizerState;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A checkpoint as text. Nothing from the file reaches the terminal but printable characters. */
final class CheckpointReport {
    private static final int LONGEST_VALUE = 70;

    private final Path file;
    private final PthListing listing;

    CheckpointReport(Path file, PthListing listing) {
        this.file = file;
        this.listing = listing;
    }

    /** What it is, its parts, its optimizer and the options of its run. */
    String summary() {
        StringBuilder text = new StringBuilder();
        long tensors = Trees.leaves(listing.tree()).values().stream()
                .filter(leaf -> leaf.filter(TensorInfo.class::isInstance).isPresent())
                .count();
        long bytes = listing.storages().stream().mapToLong(StorageInfo::bytes).sum();
        line(text, "file", file + ", " + listing.container() + ", " + count(listing.fileSize(), "byte"));
        line(
                text,
                "tensors",
                count(tensors, "tensor") + " in " + count(listing.storages().size(), "storage") + " of "
                        + count(bytes, "byte") + devices());
        Optional<Recognized> recognized = Recognized.in(listing.tree());
        if (recognized.isEmpty()) {
            line(text, "source", "unknown");
            return text.toString();
        }
        Recognized known = recognized.get();
        line(
                text,
                "source",
                known.source().name() + " (" + known.source().about() + "), its state dict at "
                        + (known.place().isEmpty() ? "the root" : String.join(".", known.place())));
        if (listing.tree() instanceof Map<?, ?> root && root.get("epoch") instanceof Long epoch) {
            boolean next = known.source().epoch().equals("next");
            line(text, "epoch", epoch + (next ? " done, which is the number of the next one counted from 0" : " done"));
        }
        known.parts().forEach((name, part) -> line(text, "part", name + ": " + size(part)));
        if (!known.unknown().isEmpty()) {
            line(text, "unknown keys", printable(String.join(", ", known.unknown()), 200));
        }
        known.optimizer().ifPresent(saved -> line(text, "optimizer", optimizer(known, saved)));
        known.options().ifPresent(options -> {
            text.append("options\n");
            Trees.leaves(options)
                    .forEach((key, value) -> text.append("  ")
                            .append(printable(key, 200))
                            .append(" = ")
                            .append(value(value.orElse(null)))
                            .append('\n'));
        });
        return text.toString();
    }

    /** Every value, indented. */
    String tree() {
        StringBuilder text = new StringBuilder("tree\n");
        append(text, "  ", "", listing.tree());
        return text.toString();
    }

    private String devices() {
        String devices = listing.storages().stream()
                .map(StorageInfo::device)
                .distinct()
                .map(device -> printable(device, LONGEST_VALUE))
                .collect(Collectors.joining(", "));
        return devices.isEmpty() ? "" : ", saved from " + devices;
    }

    private static String size(Map<String, Object> part) {
        long elements = part.values().stream()
                .mapToLong(value -> value instanceof TensorInfo info ? info.elements() : 0)
                .sum();
        return count(part.size(), "tensor") + " of " + count(elements, "element");
    }

    private static String optimizer(Recognized known, Object saved) {
        Optional<OptimizerState> state = OptimizerState.of(saved);
        if (state.isEmpty()) {
            return "of an unknown form";
        }
        OptimizerState read = state.get();
        long kept = read.entries().stream().filter(entry -> !entry.isEmpty()).count();
        String groups = read.groups().stream()
                .map(group -> group.entrySet().stream()
                        .filter(option -> option.getValue() instanceof Number)
                        .map(option -> option.getKey() + " " + option.getValue())
                        .collect(Collectors.joining(", ")))
                .collect(Collectors.joining("; "));
        int own = known.trained().size();
        return count(read.entries().size(), "parameter")
                + (own == read.entries().size()
                        ? ", matched by position with those of the parts"
                        : ", which is not the " + own + " of the parts")
                + ", a state for " + kept + "; " + groups;
    }

    private void append(StringBuilder text, String indent, String key, @Nullable Object value) {
        String named = key.isEmpty() ? "" : printable(key, 200) + "  ";
        text.append(indent).append(named);
        String inner = indent + "  ";
        if (value instanceof Map<?, ?> map) {
            text.append(value instanceof OrderedDict ? "OrderedDict, " : "dict, ")
                    .append(count(map.size(), "key"))
                    .append('\n');
            map.forEach((name, item) -> append(text, inner, String.valueOf(name), item));
        } else if (value instanceof Namespace namespace) {
            text.append("Namespace\n");
            namespace.attributes().forEach((name, item) -> append(text, inner, name, item));
        } else if (value instanceof PythonObject object) {
            text.append(printable(object.toString(), 200)).append(", kept as it is\n");
            append(text, inner, "state", object.state());
        } else if (value instanceof List<?> list && hasTensorsOrMaps(list)) {
            text.append("list, ").append(count(list.size(), "item")).append('\n');
            for (int i = 0; i < list.size(); i++) {
                append(text, inner, Integer.toString(i), list.get(i));
            }
        } else {
            text.append(value(value)).append('\n');
        }
    }

    private static boolean hasTensorsOrMaps(List<?> list) {
        return list.stream()
                .anyMatch(item ->
                        item instanceof Map<?, ?> || item instanceof TensorInfo || item instanceof PythonObject);
    }

    private static String value(@Nullable Object value) {
        if (value == null) {
            return "None";
        }
        if (value instanceof TensorInfo info) {
            return info + "  " + count(info.bytes(), "byte");
        }
        if (value instanceof NumpyArray array) {
            return "numpy " + array.type() + " " + array.shape();
        }
        if (value instanceof Tuple tuple) {
            String items = tuple.items().toString();
            return printable("(" + items.substring(1, items.length() - 1) + ")", LONGEST_VALUE);
        }
        if (value instanceof byte[] bytes) {
            return count(bytes.length, "byte");
        }
        return printable(value.toString(), LONGEST_VALUE);
    }

    /** At most so many characters, without line ends and other controls. */
    private static String printable(String text, int longest) {
        String shown = text.length() > longest ? text.substring(0, longest) + "…" : text;
        return shown.replaceAll("\\p{C}", "?");
    }

    private static String count(long number, String what) {
        return String.format(Locale.ROOT, "%,d %s%s", number, what, number == 1 ? "" : "s");
    }

    private static void line(StringBuilder text, String what, String value) {
        text.append(String.format(Locale.ROOT, "%-13s %s%n", what, value));
    }
}
