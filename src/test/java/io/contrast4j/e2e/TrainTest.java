package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();
    private static final int STEPS = 40;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"nce", "infonce"})
    void trainsEvaluatesAndLeavesAFolderThatSaysEverything(String objective) {
        Launcher launcher = new Launcher(folder);
        Launcher.Result result =
                launcher.run("train", CONF, "objective.type=" + objective).succeeded();

        assertThat(result.out().lines().filter(line -> line.contains(" %")))
                .satisfiesExactly(
                        line -> assertThat(line).matches("chance( +14\\.3 %){2}"),
                        line -> assertThat(line).matches("random weights( +\\d+\\.\\d %){2}"),
                        line -> assertThat(line).matches("trained( +\\d+\\.\\d %){2}"));
        assertThat(result.err())
                .contains("84 training pictures, 21 test pictures, 7 classes")
                .containsPattern("(?m)^epoch 1/4  step 10/10  loss \\d+\\.\\d{4} .* images/s .*$")
                .containsPattern("(?m)^epoch 4/4 ")
                .containsPattern(
                        "(?m)^  knn \\d+\\.\\d %, linear \\d+\\.\\d %; \\d+ % of the attainable \\d+ images/s: ")
                .doesNotContain("\r", "\033");

        RunFiles run = RunFiles.only(folder.resolve("runs"), "tiny");
        List<JsonObject> steps =
                run.metrics().stream().filter(line -> line.has("loss")).toList();
        assertThat(steps.stream().map(line -> line.get("step").getAsLong()))
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, STEPS).boxed().toList());
        assertThat(steps).allSatisfy(line -> {
            assertThat(line.get("loss").getAsDouble()).isFinite().isPositive();
            assertThat(line.get("learning_rate").getAsDouble())
                    .isEqualTo(line.get("epoch").getAsInt() <= 2 ? 0.03 : 0.003);
        });
        assertThat(run.metrics().stream().filter(line -> line.has("epoch.loss")).count())
                .isEqualTo(4);

        NavigableMap<Long, Float> expected = new TreeMap<>();
        steps.forEach(line ->
                expected.put(line.get("step").getAsLong(), line.get("loss").getAsFloat()));
        Curves curves = Curves.of(run.path().resolve("tb"));
        assertThat(curves.sessions()).isZero();
        assertThat(curves.points().get("train/loss")).isEqualTo(expected);
        assertThat(curves.points().get("eval/trained.linear"))
                .containsOnlyKeys((long) STEPS)
                .containsValue(run.json()
                        .getAsJsonObject("results")
                        .get("eval.trained.linear")
                        .getAsFloat());

        JsonObject json = run.json();
        List<JsonObject> judged = run.metrics().stream()
                .filter(line -> line.has("validation.knn"))
                .toList();
        assertThat(judged).extracting(line -> line.get("epoch").getAsInt()).containsExactly(2, 4);
        for (String classifier : List.of("knn", "linear")) {
            assertThat(judged.get(1).get("validation." + classifier))
                    .as("the evaluation after the last epoch and that at the end are one")
                    .isEqualTo(json.getAsJsonObject("results").get("eval.trained." + classifier));
        }
        assertThat(json.get("status").getAsString()).isEqualTo("complete");
        assertThat(json.get("seed").getAsLong()).isEqualTo(1);
        assertThat(json.get("device").getAsString()).isEqualTo("cpu");
        assertThat(json.getAsJsonObject("versions").keySet()).contains("contrast4j", "pytorch", "opencv", "java");
        assertThat(Launcher.read(run.path().resolve("log.txt"))).contains("first step ");

        assertThat(run.checkpoints().stream().map(RunFiles::step)).containsExactly(39, STEPS);
        assertThat(RunFiles.content(run.latestCheckpoint()))
                .containsEntry("/epoch", "4")
                .containsEntry("/contrast4j/trainer/step", "40");
        assertThat(Files.exists(run.path().resolve("checkpoints/step-40.pth.part")))
                .isFalse();

        // The same configuration, as the run wrote it down, gives the same run.
        launcher.run("train", run.path().resolve("config.conf").toString(), "out=again")
                .succeeded();
        RunFiles again = RunFiles.only(folder.resolve("again"), "tiny");
        assertThat(again.timelessMetrics()).isEqualTo(run.timelessMetrics());
        assertThat(RunFiles.content(again.latestCheckpoint())).isEqualTo(RunFiles.content(run.latestCheckpoint()));
    }
}
