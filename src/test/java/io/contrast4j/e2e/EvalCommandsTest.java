package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code eval} as a user starts it, on a run that has just been trained. */
class EvalCommandsTest {
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final String[] INSDIS = {
        "train",
        Launcher.conf("tiny.conf").toString(),
        "train.epochs=1",
        "views.space=rgb",
        "views.groups=[[0, 1, 2]]",
        "method.type=insdis",
        "eval.every-epochs=0"
    };

    @TempDir
    Path folder;

    private JsonObject results(String name) throws IOException {
        try (Stream<Path> runs = Files.list(folder.resolve("runs").resolve(name))) {
            return JsonParser.parseString(Launcher.read(
                            runs.max(Path::compareTo).orElseThrow().resolve("results.json")))
                    .getAsJsonObject();
        }
    }

    @Test
    void aRunIsJudgedOnItsData() throws IOException {
        Launcher launcher = new Launcher(folder);
        launcher.run(INSDIS).succeeded();
        String run = RunFiles.only(folder.resolve("runs"), "tiny").path().toString();

        Launcher.Result knn = launcher.run(
                        "eval", "knn", run, "knn.k=[1,7]", "model.outputs=[pooled,embedding]", "name=a")
                .succeeded();
        assertThat(knn.out().lines()).hasSize(6).first().asString().contains("k", "top1", "top5");
        JsonArray rows = results("a").getAsJsonArray("knn");
        assertThat(rows).hasSize(4);
        assertThat(rows.get(0).getAsJsonObject().getAsJsonArray("per_class")).hasSize(7);
        launcher.run("eval", "knn", run, "knn.known=bank", "knn.k=[1]", "model.outputs=[embedding]", "name=b")
                .succeeded();
    }

    @Test
    @Tag("slow")
    void everyProtocol() throws IOException {
        Launcher launcher = new Launcher(folder);
        launcher.run(INSDIS).succeeded();
        String run = RunFiles.only(folder.resolve("runs"), "tiny").path().toString();

        launcher.run("eval", "metrics", run, "model.outputs=[layer4,embedding]", "name=m")
                .succeeded();
        launcher.run("eval", "knn", run, "knn.known=bank", "knn.k=[1]", "name=c")
                .failed(USAGE, "84 × 16", "features of length 32");
        launcher.run("eval", "knn", run, "knn.k=[84]", "knn.queries=train-leave-one-out")
                .failed(USAGE, "knn.k = [84] asks for 84 neighbours, and each picture is compared with 83");
        JsonObject metrics = results("m").getAsJsonArray("metrics").get(1).getAsJsonObject();
        assertThat(metrics.get("alignment").getAsDouble()).isBetween(0.0, 4.0);
        assertThat(metrics.get("effective_rank").getAsDouble()).isBetween(1.0, 16.0);
        launcher.run("eval", "retrieval", run, "retrieval.queries=test-leave-one-out", "name=r")
                .succeeded();
        JsonObject retrieval = results("r").getAsJsonArray("retrieval").get(0).getAsJsonObject();
        assertThat(retrieval.get("recall_at_1").getAsDouble())
                .isLessThanOrEqualTo(retrieval.get("recall_at_10").getAsDouble());

        Launcher.Result tuned = launcher.run(
                        "eval", "finetune", run, "labels.per-class=6", "train.epochs=2", "train.batch-size=14")
                .succeeded();
        assertThat(tuned.out()).contains("top-1 accuracy of the classifier on 21 test pictures");
        RunFiles saved = RunFiles.only(folder.resolve("runs"), "eval-finetune");
        assertThat(saved.metrics().stream().filter(line -> line.has("validation.classifier")))
                .hasSize(2);
        assertThat(saved.path().resolve("classes.txt")).content().hasLineCount(7);
        assertThat(saved.path().resolve("labels.txt")).content().hasLineCount(42);
        String model = saved.path().toString();
        launcher.run("eval", "knn", model, "knn.k=[1]", "model.outputs=[logits]", "name=l")
                .succeeded();
        // What was trained further is taken up where it was left.
        Launcher.Result more = launcher.run(
                        "eval",
                        "finetune",
                        run,
                        "labels.per-class=6",
                        "train.epochs=2",
                        "train.batch-size=14",
                        "--resume",
                        model)
                .succeeded();
        assertThat(more.out()).contains("top-1 accuracy of the classifier");
    }

    @Test
    void mistakesAreNamed() throws IOException {
        Launcher launcher = new Launcher(folder);
        launcher.run("eval", "knn", "none.pth").failed(USAGE, "There is no model none.pth");
        Files.writeString(folder.resolve("bad.pth"), "no checkpoint");
        launcher.run("eval", "knn", "bad.pth").failed(FAILED, "bad.pth");
        Files.writeString(
                folder.resolve("x.conf"),
                "data { type = photo-crops, size = 8 }\nmodel { type = pixels, size = 8 }\nknn.k = [0]\ntrain.epochs = 1");
        launcher.run("eval", "knn", "x.conf").failed(USAGE, "knn.k = [0] must be", "unknown key train");
    }
}
