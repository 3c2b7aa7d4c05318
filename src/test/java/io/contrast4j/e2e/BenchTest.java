package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {
    @TempDir
    Path folder;

    @Test
    void aTableAndAFileTellHowFastPicturesAreRead() {
        Launcher.Result result = new Launcher(folder)
                .run("bench", "data", "--seconds", "0.2", "--workers", "1,2", "--json", "bench.json")
                .succeeded();
        assertThat(result.out())
                .contains("machine ", "64 JPEGs of 500x375 pixels made for this, 53 kB each", "scaling");
        JsonObject json = JsonParser.parseString(Launcher.read(folder.resolve("bench.json")))
                .getAsJsonObject();
        List<JsonElement> rows = json.getAsJsonArray("rows").asList();
        assertThat(rows).hasSizeGreaterThanOrEqualTo(6).allSatisfy(element -> {
            JsonObject row = element.getAsJsonObject();
            assertThat(row.get("imagesPerSecond").getAsDouble()).isPositive();
            assertThat(row.get("cpuMillis").getAsDouble()).isBetween(0.05, 1000.0);
            assertThat(result.out()).contains(row.get("pipeline").getAsString());
            if (row.get("pipeline").getAsString().equals("bare decoding")) {
                assertThat(row.get("ofDecoding").getAsDouble()).isEqualTo(1);
            }
            if (row.get("workers").getAsInt() == 1) {
                assertThat(row.get("scaling").getAsDouble()).isEqualTo(1);
            }
        });
        assertThat(result.err()).isEmpty();
    }

    @Test
    void neighboursAreMeasuredAgainstTheirProducts() {
        Launcher.Result result = new Launcher(folder)
                .run("bench", "knn", "--known", "5000", "--queries", "300", "--rounds", "1", "--json", "knn.json")
                .succeeded();
        JsonObject json = JsonParser.parseString(Launcher.read(folder.resolve("knn.json")))
                .getAsJsonObject();
        List<JsonElement> rows = json.getAsJsonArray("rows").asList();
        assertThat(rows).hasSize(4).allSatisfy(element -> {
            JsonObject row = element.getAsJsonObject();
            assertThat(row.get("millis").getAsDouble()).isPositive();
            assertThat(result.out()).contains(row.get("contestant").getAsString());
        });
        assertThat(rows.get(0).getAsJsonObject().get("ratio").getAsDouble()).isEqualTo(1);
    }

    @Test
    void picturesOfOnesOwnAreRead() throws IOException {
        Path photos = Launcher.HOME.resolve("src/main/resources/io/contrast4j/data/photos");
        Launcher.Result result = new Launcher(folder)
                .run("bench", "data", photos.toString(), "--seconds", "0.1", "--workers", "1")
                .succeeded();
        assertThat(result.out()).contains("7 pictures in " + photos);

        Path damaged = Files.createDirectories(folder.resolve("damaged"));
        Files.writeString(damaged.resolve("a.jpg"), "no picture");
        new Launcher(folder).run("bench", "data", "damaged", "--seconds", "0.1").failed(1, "a.jpg");
    }

    @Test
    void whatWatchingATrainingCostsIsMeasured() {
        String conf = Launcher.conf("tiny.conf").toString();
        Launcher.Result result = new Launcher(folder)
                .run("bench", "step", conf, "--seconds", "0.5", "--json", "step.json")
                .succeeded();
        assertThat(result.out())
                .contains(
                        "tiny: batches of 8, LibTorch with 1 threads",
                        "a bare step",
                        "a checkpoint",
                        "an epoch of 10 steps")
                .containsPattern("logged, adds +-?\\d+\\.\\d\\d ms \\(median of \\d+ pairs")
                .containsPattern("and writing it +-?\\d+\\.\\d\\d ms, .*median of \\d+ pairs of 4 steps")
                .containsPattern("so watching adds +-?\\d+\\.\\d\\d % with train.log-every = 1\\b");
        JsonObject json = JsonParser.parseString(Launcher.read(folder.resolve("step.json")))
                .getAsJsonObject();
        double bare = json.get("bare_ms").getAsDouble();
        assertThat(bare).isPositive();
        // On a busy machine a few pairs of steps differ by more than a log costs, in either direction.
        double watched = json.get("watched_ms").getAsDouble();
        double logged = json.get("logged_ms").getAsDouble();
        assertThat(watched).isFinite();
        assertThat(logged).isFinite();
        assertThat(json.get("overhead").getAsDouble()).isCloseTo((watched + logged) / bare, within(1e-9));
        assertThat(json.get("checkpoint_ms").getAsDouble()).isPositive();
        assertThat(json.get("checkpoint_written_ms").getAsDouble()).isFinite();
        assertThat(RunFiles.list(folder)).noneMatch(file -> file.endsWith("runs"));
        new Launcher(folder).run("bench", "step", conf, "--seconds", "0").failed(2, "--seconds 0.0 is too small");
    }

    @Test
    void stepsOfAnEncoderAreMeasured() {
        Launcher.Result result = new Launcher(folder)
                .run(
                        ("bench model torchvision-resnet depth=18 channels=4 stem=cifar feature-dim=6 --input 1x32x24 --batch 3"
                                        + " --dtype bf16 --memory-format channels-last --rounds 3 --json model.json")
                                .split(" "))
                .succeeded();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).contains("3 pictures, bf16, channels-last, median of 3", "forward", "images/s");
        JsonObject json = JsonParser.parseString(Launcher.read(folder.resolve("model.json")))
                .getAsJsonObject();
        assertThat(json.getAsJsonObject("machine").get("pytorch").getAsString()).startsWith("LibTorch 2.");
        assertThat(json.get("threads").getAsInt()).isEqualTo(1);
        JsonObject row = json.getAsJsonArray("rows").get(0).getAsJsonObject();
        assertThat(row.get("encoder").getAsString()).startsWith("torchvision-resnet depth=18 channels=4 ");
        assertThat(row.get("input").getAsString()).isEqualTo("1x32x24");
        double parts = 0;
        for (String part : List.of("forwardMillis", "backwardMillis", "optimizerMillis")) {
            assertThat(row.get(part).getAsDouble()).as(part).isPositive();
            parts += row.get(part).getAsDouble();
        }
        double step = row.get("stepMillis").getAsDouble();
        // The median of sums is not the sum of medians, but near it.
        assertThat(step).isBetween(parts / 3, parts * 3);
        assertThat(row.get("imagesPerSecond").getAsDouble()).isCloseTo(3000 / step, within(1e-9));
    }

    @Test
    void stepsWaitForTheirTurn() throws IOException {
        Launcher.Started started = new Launcher(folder)
                .start("bench model resnet depth=18 width=0.0625 --input 3x16x16 --batch 2 --paced".split(" "));
        try (OutputStream turns = started.process().getOutputStream()) {
            turns.write("\n\n\n".getBytes(StandardCharsets.UTF_8));
        }
        Launcher.Result result = started.await().succeeded();
        assertThat(result.out().lines())
                .hasSize(3)
                .allSatisfy(line -> assertThat(line).matches("\\d+\\.\\d{3} \\d+\\.\\d{3} \\d+\\.\\d{3}"));
    }

    @Test
    void stepsOfATrainingWaitForTheirTurnFromEpochToEpoch() throws IOException {
        Launcher.Started started = new Launcher(folder)
                .start(
                        "bench",
                        "step",
                        Launcher.HOME.resolve("tools/gpu/steps/cmc.conf").toString(),
                        "--paced",
                        "device=cpu",
                        "data.train-per-picture=1",
                        "views.size=16",
                        "encoder { depth = 18, width = 0.0625 }",
                        "negatives.count=4",
                        "train { batch-size = 4, precision = fp32 }");
        // Seven pictures are one batch of four in an epoch.
        try (OutputStream turns = started.process().getOutputStream()) {
            turns.write("\n\n\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(started.await().succeeded().out().lines())
                .hasSize(3)
                .allSatisfy(line -> assertThat(Double.parseDouble(line)).isPositive());
        assertThat(folder.resolve("runs")).doesNotExist();
    }

    @TestFactory
    Stream<DynamicTest> encodersThatCannotBeMeasuredAreOneSentence() {
        return Stream.of(
                refused("'resnet51' is no encoder; the encoders are resnet, alexnet, ", "resnet51"),
                refused("encoder.depth = 19 must be one of [18, 34, 50, 101, 152]", "resnet depth=19"),
                refused("unknown key encoder.dept", "resnet dept=18"),
                refused("--input 3x31x31: the sides must be at least 32 pixels", "selfcon-vgg --input 3x31x31"),
                refused("--input 3x7x7: the sides must be at least 8 pixels", "selfcon-efficientnet --input 3x7x7"),
                refused("--input 3x32x32: the sides must be 64 pixels", "small-alexnet --input 3x32x32"),
                refused("--input is needed: the sides must be 50 pixels", "small-alexnet side=50"),
                refused("--batch 1 must be 2 to 65536", "resnet --batch 1"),
                refused("--rounds 0 must be 1 to 100000", "resnet --rounds 0"),
                refused("'float16' must be float32 or bf16", "resnet --dtype float16"),
                refused("'last' must be contiguous or channels-last", "resnet --memory-format last"),
                refused("--device gpu must be auto, cpu, cuda or cuda:N", "resnet --device gpu"),
                refused("--paced is for one encoder", "--paced"),
                refused("--json nowhere/x.json cannot be written", "resnet --json nowhere/x.json"));
    }

    private DynamicTest refused(String sentence, String arguments) {
        return DynamicTest.dynamicTest(sentence, () -> {
            Launcher.Result result = Launcher.here(("bench model " + arguments).split(" "));
            result.failed(2, sentence);
            assertThat(result.complaints()).hasSize(1);
            assertThat(result.out()).isEmpty();
        });
    }

    @Test
    void whatCannotBeMeasuredIsSaid() throws IOException {
        Files.createDirectories(folder.resolve("empty"));
        new Launcher(folder).run("bench").failed(2, "Measure what?");
        new Launcher(folder).run("bench", "data", "absent").failed(2, "no folder absent");
        new Launcher(folder).run("bench", "data", "empty").failed(2, "no pictures in empty");
        new Launcher(folder).run("bench", "data", "--workers", "0").failed(2, "--workers");
        new Launcher(folder).run("bench", "data", "--seconds", "0").failed(2, "--seconds");
    }
}
