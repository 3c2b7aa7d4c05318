package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.dist.Placement;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every published run in conf/: short, called as its file, and two of its steps, scaled down, on made-up data of its format. That
 * all are valid is said by {@link RunConfigTest}. The steps are taken on the CPU, or on what {@code -Dcontrast4j.device} names, and there
 * in the published precision.
 */
class PublishedRunsTest {
    private static final int MOST_LINES = 25;
    private static final String DEVICE = System.getProperty("contrast4j.device", "cpu");

    /** Some methods, kinds of negatives and data sets; all of them take minutes. */
    private static final List<String> SOME = List.of(
            "cmc-resnet50v1-mix-im",
            "ring-moco-ring-adaptive-loss",
            "selfcon-one-stage-selfcon",
            "selfcon-variant-selfcon-m-star");

    @TempDir
    static Path folder;

    private static MadeUpData data = new MadeUpData(Path.of(""));

    @BeforeAll
    static void makeUpData() throws IOException {
        data = MadeUpData.in(folder);
    }

    private static Map<String, Path> published() {
        Map<String, Path> files = ConfFolder.installed().published();
        assertThat(files).hasSizeGreaterThan(140);
        return files;
    }

    @TestFactory
    Stream<DynamicTest> everyRunIsShortAndCalledAsItsFile() {
        return published().entrySet().stream()
                .map(run -> DynamicTest.dynamicTest(run.getKey(), () -> {
                    List<String> lines = Files.readAllLines(run.getValue());
                    assertThat(lines).hasSizeLessThanOrEqualTo(MOST_LINES);
                    assertThat(lines.get(0)).as("what the run is").startsWith("# ");
                    assertThat(lines).contains("name = " + run.getKey());
                }));
    }

    @Test
    void theWholeTableOfAlignUniformIsThere() {
        List<Double> expected = published().entrySet().stream()
                .filter(run -> run.getKey().matches("align-uniform-(normal|strong)-.*"))
                .flatMap(run ->
                        ConfigFile.load(run.getValue(), List.of())
                                .bindWithoutFiles(RunConfig.class)
                                .expected()
                                .stream())
                .map(Expected::top1)
                .toList();
        int recipes = 6;
        int losses = 5;
        assertThat(expected).hasSize(recipes * losses).allMatch(accuracy -> accuracy > 66 && accuracy < 78);
    }

    @TestFactory
    Stream<DynamicTest> someRunsTakeTwoSteps() {
        return SOME.stream().map(name -> DynamicTest.dynamicTest(name, () -> takeTwoSteps(name)));
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> everyRunTakesTwoSteps() {
        return published().keySet().stream().map(name -> DynamicTest.dynamicTest(name, () -> takeTwoSteps(name)));
    }

    private static void takeTwoSteps(String name) {
        Path file = ConfFolder.installed().file(name);
        ConfigFile small = ConfigFile.load(file, scaledDown(ConfigFile.load(file, List.of())));
        RunConfig config = small.bind(RunConfig.class);
        String rendered = small.render(RunConfig.class);
        try (Workplace place = Workplace.open(config, rendered, Placement.ALONE);
                Run run = new Run(config, rendered, new Resume.Nothing(), new AllowedChanges(List.of()), place)) {
            assertThat(run.stepsPerEpoch()).isEqualTo(2);
            assertThat(run.train()).isTrue();
        }
        assertThat(losses(config.out().resolve(name))).hasSize(2).allMatch(Double::isFinite);
    }

    private static List<Double> losses(Path runs) {
        try (Stream<Path> files = Files.walk(runs)) {
            Path metrics = files.filter(file -> file.endsWith("metrics.jsonl"))
                    .findFirst()
                    .orElseThrow();
            return Files.readAllLines(metrics).stream()
                    .map(line -> JsonParser.parseString(line).getAsJsonObject())
                    .filter(line -> line.has("loss"))
                    .map(line -> line.get("loss").getAsDouble())
                    .toList();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** What makes a run small: pictures, networks, stores and batches; what it trains and how stays as it is. */
    private static List<String> scaledDown(ConfigFile file) {
        Map<String, String> values = Flattened.of(file.render(RunConfig.class));
        List<String> small = new ArrayList<>(List.of(
                "out=\"" + folder.resolve("runs") + '"',
                "device=\"" + DEVICE + '"',
                "train.epochs=1",
                "train.batch-size=16",
                "train.log-every=1",
                "loader.workers=1",
                "report.pictures=0",
                "eval.random-weights=false",
                "eval.linear.epochs=1"));
        if (DEVICE.equals("cpu")) {
            small.add("train.precision=fp32"); // 16 bits are slow there
        }
        small.addAll(data.overrides(
                values.getOrDefault("data.type", ""),
                !values.getOrDefault("data.class-list", "null").equals("null")));
        String encoder = values.getOrDefault("encoder.type", "");
        int size = encoder.equals("alexnet") ? 224 : encoder.equals("small-alexnet") ? 64 : 32;
        small.add("views.size=" + size);
        small.add("views.evaluation={ resize = " + size + ", size = " + size + " }");
        if (values.containsKey("encoder.width")) {
            small.addAll(List.of("encoder.depth=18", "encoder.width=0.0625"));
        }
        if (values.containsKey("encoder.channels")) {
            small.addAll(List.of("encoder.depth=18", "encoder.channels=4"));
        }
        if (values.containsKey("store.size")) {
            small.add("store.size=64");
        }
        if (values.containsKey("negatives.count")
                && !values.getOrDefault("negatives.count", "").equals("null")) {
            small.add("negatives.count=16");
        }
        if (values.containsKey("negatives.outer.epochs")) {
            small.add("negatives.outer.epochs=1");
        }
        return small;
    }
}
