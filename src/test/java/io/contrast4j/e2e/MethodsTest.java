package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Two steps of every method on crops of photographs, from the command line to the evaluation. */
class MethodsTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();
    private static final List<String> ONE_NETWORK = List.of("views.space=rgb", "views.groups=[[0, 1, 2]]");
    private static final List<String> IN_BATCH =
            List.of("store.type=none", "negatives=null", "negatives={ type = in-batch }");
    private static final String EXITS =
            "encoder={ type = selfcon-resnet, depth = 18, channels = 4, exits = [2], feature-dim = 16 }";

    @TempDir
    Path folder;

    @Test
    void mocoTrains() {
        train("moco", methods().get("moco"));
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> everyMethodTrains() {
        return methods().entrySet().stream()
                .map(method ->
                        DynamicTest.dynamicTest(method.getKey(), () -> train(method.getKey(), method.getValue())));
    }

    /** What each adds to the tiny run. */
    static Map<String, List<String>> methods() {
        Map<String, List<String>> all = new LinkedHashMap<>();
        all.put("cmc", List.of("method.type=cmc", "objective.type=infonce"));
        all.put(
                "cmc-core",
                List.of(
                        "views.groups=[[0],[1],[2]]",
                        "method={ type = cmc, graph = core, core-view = a }",
                        "objective.type=infonce"));
        all.put(
                "cmc-ring",
                List.of("method.type=cmc", "objective.type=infonce", "negatives=null", "negatives={ type = ring }"));
        all.put("insdis", and(ONE_NETWORK, "method.type=insdis"));
        List<String> moco = and(
                ONE_NETWORK,
                "method.type=moco",
                "views.crops=2",
                "store={ type = queue, size = 50 }",
                "negatives=null",
                "negatives={ type = all }",
                "objective.type=infonce");
        all.put("moco", moco);
        all.put("moco-align-uniform", and(moco, "objective.type=align-uniform"));
        all.put("moco-un-mix", and(moco, "method.un-mix={}"));
        all.put("moco-symmetric-shards", and(moco, "method.symmetric=true", "method.shards=2"));
        all.put("moco-local-crops", and(moco, "views.local={ crops = 2, size = 24, min-area = 0.1, max-area = 0.3 }"));
        List<String> crops = and(and(ONE_NETWORK, "views.crops=2"), IN_BATCH.toArray(new String[0]));
        all.put(
                "simclr",
                and(
                        crops,
                        "method={ type = selfcon, rows = end, positives = same-picture }",
                        "objective.type=infonce"));
        all.put(
                "selfcon",
                and(crops, "method={ type = selfcon, alpha = 0.5 }", "objective.type=infonce", "encoder=null", EXITS));
        all.put("align-uniform", and(crops, "method.type=align-uniform", "objective.type=align-uniform"));
        all.put(
                "one-stage",
                and(crops, "views.crops=1", "method.type=one-stage", "objective.type=none", "encoder=null", EXITS));
        all.put("predict", and(IN_BATCH, "method.type=predict", "objective.type=none"));
        return all;
    }

    private static List<String> and(List<String> some, String... more) {
        List<String> all = new ArrayList<>(some);
        all.addAll(List.of(more));
        return all;
    }

    private void train(String name, List<String> overrides) {
        List<String> command = new ArrayList<>(List.of("train", CONF, "name=" + name));
        command.addAll(List.of("train.epochs=1", "train.batch-size=42"));
        command.addAll(overrides);
        Launcher.Result result =
                new Launcher(folder).run(command.toArray(new String[0])).succeeded();

        assertThat(result.out().lines()).anySatisfy(line -> assertThat(line).matches("trained( +\\d+\\.\\d %){2}"));
        RunFiles run = RunFiles.only(folder.resolve("runs"), name);
        List<JsonObject> steps =
                run.metrics().stream().filter(line -> line.has("loss")).toList();
        assertThat(steps.stream().map(line -> line.get("step").getAsLong())).containsExactly(1L, 2L);
        assertThat(steps)
                .allSatisfy(line -> assertThat(line.get("loss").getAsDouble()).isFinite());
        assertThat(run.json().get("status").getAsString()).isEqualTo("complete");
        assertThat(RunFiles.step(run.latestCheckpoint())).isEqualTo(2);
    }
}
