package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.config.InvalidConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is worth knowing of a run at a glance.
 *
 * @param name by which the command line knows it
 * @param file that describes it
 * @param values what it describes by key, such as {@code train.epochs} → {@code 240}
 */
record RunSummary(String name, Path file, Map<String, String> values) {
    /**
     * Training pictures of published data sets, as {@link #data()} calls them.
     */
    private static final Map<String, Long> PICTURES = Map.of(
            "imagenet", 1_281_167L,
            "imagenet-100", 126_689L,
            "cifar-10", 50_000L,
            "cifar-100", 50_000L,
            "stl-10", 105_000L,
            "tiny-imagenet", 100_000L);

    /**
     * What the time of a step depends on, for the most part: the networks, how often they run, and on what. Beside them, drawing
     * negatives, a loss and an optimizer take little.
     */
    private static final List<String> COSTLY = List.of(
            "backend",
            "encoder.channels",
            "encoder.depth",
            "encoder.exit-size",
            "encoder.exits",
            "encoder.inner-width",
            "encoder.stem",
            "encoder.type",
            "encoder.width",
            "method.rows",
            "method.symmetric",
            "method.type",
            "method.un-mix",
            "train.precision",
            "views.crops",
            "views.groups",
            "views.local",
            "views.size");

    /** Shards compute one after the other here, and each would need pictures of its own. */
    private static final String SHARDS = "method.shards";

    RunSummary {
        values = Map.copyOf(values);
    }

    static RunSummary of(String name, Path file) {
        return new RunSummary(
                name, file, Flattened.of(ConfigFile.load(file, List.of()).render(RunConfig.class)));
    }

    /** The folder that its name begins with: the source; of a file in none, its name. */
    String folder() {
        String folder = file.toAbsolutePath().getParent().getFileName().toString();
        return name.startsWith(folder + "-") ? folder : name;
    }

    /** What it describes, for any machine. */
    RunConfig config() {
        return ConfigFile.load(file, List.of()).bindWithoutFiles(RunConfig.class);
    }

    /** The same with all of a batch in one shard, to measure a step. */
    RunConfig configOfStep() {
        List<String> overrides = values.containsKey(SHARDS) ? List.of(SHARDS + "=1") : List.of();
        return ConfigFile.load(file, overrides).bindWithoutFiles(RunConfig.class);
    }

    /** {@code moco ring infonce}. */
    String method() {
        String negatives = value("negatives.type");
        return Stream.of(value("method.type"), negatives.matches("ring|ball") ? negatives : "", value("objective.type"))
                .filter(part -> !part.isEmpty() && !part.equals("none"))
                .collect(Collectors.joining(" "));
    }

    /** The type of the data or, of a folder of pictures, its list of classes or its name. */
    String data() {
        return value("data.type").equals("image-folder")
                ? given("data.class-list").orElse(value("data.path").replaceFirst(".*/", ""))
                : value("data.type");
    }

    /** {@code resnet-50 x0.5}. */
    String architecture() {
        return value("encoder.type")
                + given("encoder.depth").map(depth -> "-" + depth).orElse("")
                + given("encoder.width").map(width -> " x" + width).orElse("");
    }

    /** {@code 75.8 %}, or nothing. */
    String expected() {
        return top1().isEmpty() ? "" : top1() + " %";
    }

    /** {@code 75.8}, or nothing. */
    String top1() {
        return given("expected.top1").orElse("");
    }

    String source() {
        return given("expected.source").orElse("");
    }

    /** The training pictures: of the data if they are here, else of those that were published; empty if neither is known. */
    Optional<Long> pictures() {
        try {
            RunConfig here = ConfigFile.load(file, List.of()).bind(RunConfig.class);
            return Optional.of((long) here.data().openTrain().size());
        } catch (InvalidConfig notHere) {
            return Optional.ofNullable(PICTURES.get(data()));
        }
    }

    /** Runs with the same have steps that take equally long for each picture. */
    Map<String, String> cost() {
        return values.entrySet().stream()
                .filter(value -> COSTLY.stream().anyMatch(group -> Flattened.covers(group, value.getKey())))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private String value(String key) {
        return values.getOrDefault(key, "");
    }

    private Optional<String> given(String key) {
        return Optional.ofNullable(values.get(key)).filter(value -> !value.equals("null"));
    }
}
