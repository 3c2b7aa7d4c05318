package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.PhotoCrops;
import io.contrast4j.embed.Embedder;
import io.contrast4j.embed.Models;
import io.contrast4j.nn.Classifier;
import io.contrast4j.nn.MultiExit;
import io.contrast4j.nn.OneStageNetwork;
import io.contrast4j.nn.ViewEncoders;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands, on small networks of random weights and crops of the photographs that come with the program. */
class EvalLinearTest {
    private static final String[] DATA = {
        "data.type=photo-crops", "data.size=32", "data.train-per-picture=12", "data.test-per-picture=6", "name=test"
    };
    private static final String[] TWO_VIEWS = {
        "views=${recipes.cmc} { size = 32, evaluation { resize = 32, size = 32 } }",
        "encoder { type = resnet, depth = 18, width = 0.03125, feature-dim = 4 }"
    };
    private static final String[] EXITS = {
        "views=${recipes.selfcon-cifar-10}",
        "encoder { type = selfcon-resnet, depth = 18, channels = 2, stem = cifar, exits = [2], exit-size = fc, head = mlp,"
                + " feature-dim = 4 }"
    };

    @TempDir
    Path folder;

    private Said eval(String command, Path model, String... settings) {
        List<String> all = new ArrayList<>(List.of("eval", command, model.toString(), "out=" + folder.resolve("out")));
        all.addAll(List.of(DATA));
        all.addAll(List.of(settings));
        return Said.by(all.toArray(new String[0]));
    }

    private static JsonObject results(Said said) throws IOException {
        assertThat(said.code()).as(said.err()).isZero();
        String line = said.out()
                .lines()
                .filter(text -> text.startsWith("results: "))
                .findFirst()
                .orElseThrow();
        return JsonParser.parseString(Files.readString(Path.of(line.substring("results: ".length()))))
                .getAsJsonObject();
    }

    /** A table of a picture of each of some classes. */
    private Path manifest(String... classes) throws IOException {
        Path picture = folder.resolve("picture.png");
        ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), "png", picture.toFile());
        List<String> lines = new ArrayList<>(List.of("path,label"));
        for (String name : classes) {
            lines.add(picture + "," + name);
        }
        return Files.write(folder.resolve("pictures.csv"), lines);
    }

    private static double best(JsonArray rows, String output) {
        double best = 0;
        for (JsonElement row : rows) {
            if (row.getAsJsonObject().get("output").getAsString().equals(output)) {
                best = Math.max(best, row.getAsJsonObject().get("top1").getAsDouble());
            }
        }
        return best;
    }

    private Path runFolder() throws IOException {
        try (Stream<Path> runs = Files.list(folder.resolve("out/test"))) {
            return runs.filter(Files::isDirectory)
                    .filter(run -> Files.isDirectory(run.resolve("checkpoints")))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void aModelIsJudgedAndItsFileHasTheClassifier() throws IOException {
        Path model = Models.tiny(folder.resolve("model.pth"));
        Said said = eval(
                "linear",
                model,
                "linear.epochs=12",
                "linear.learning-rates=[0.1,1,1e38]",
                "model.outputs=[layer3,pooled]");
        JsonArray rows = results(said).getAsJsonArray("linear");
        assertThat(said.out()).contains("diverged in epoch", "best");
        Path run = runFolder();
        assertThat(Files.readAllLines(run.resolve("metrics.jsonl"))).hasSize(12);
        assertThat(Files.readAllLines(run.resolve("per-class.csv")))
                .hasSize(8)
                .first()
                .isEqualTo("class,pictures,layer3,pooled");
        assertThat(Files.readAllLines(run.resolve("confusion-pooled.csv"))).hasSize(8);
        assertThat(run.resolve("confusion-layer3.png")).isNotEmptyFile();
        JsonObject shared = JsonParser.parseString(Files.readString(folder.resolve("out/test/results.json")))
                .getAsJsonObject();
        assertThat(shared.getAsJsonObject(model.toString()).keySet()).containsExactly("backbone", "sub", "ensemble");
        JsonArray own = results(eval("classifier", run)).getAsJsonArray("classifier");
        assertThat(best(own, "logits")).isEqualTo(best(rows, "pooled")).isGreaterThan(30);
        assertThat(best(own, "layer3-logits")).isEqualTo(best(rows, "layer3"));
        // The file says what pictures it was judged on.
        assertThat(EvalConfig.file(run, List.of()).bind(EvalConfig.class).data().toString())
                .contains("size=32");
        Path published = folder.resolve("lincls.pth.tar");
        Path saved = run.resolve("checkpoints/classified-12.pth");
        try (Embedder logits = Embedder.builder(saved).output("logits").load()) {
            assertThat(logits.classes())
                    .isEqualTo(new PhotoCrops.Config(32, 1, 1, 0.4).openTrain().classes());
        }
        assertThat(Said.by("checkpoint", "convert", saved.toString(), published.toString(), "--to", "lincls")
                        .code())
                .isZero();
        JsonArray converted = results(eval("classifier", published, "model.settings=[\"views=${recipes.ring-32}\"]"))
                .getAsJsonArray("classifier");
        assertThat(best(converted, "logits")).isEqualTo(best(rows, "pooled"));
        Path renamed = manifest("one", "two", "three", "four", "five", "six", "seven");
        Said others = eval(
                "classifier",
                run,
                "data=null",
                "data { type = manifest, train = \"" + renamed + "\", test = \"" + renamed + "\" }");
        assertThat(others.code()).as(others.err()).isEqualTo(2);
        assertThat(others.err()).contains("as its class 0, and the data has five");
        try (Embedder embedder = Embedder.builder(run).output(Embedder.LOGITS).load()) {
            assertThat(embedder.dimension()).isEqualTo(7);
        }
    }

    @Test
    void theViewsOfCmcAreJoined() throws IOException {
        Path model = Models.run(
                folder.resolve("model.pth"), config -> new ViewEncoders(config.encoder(), List.of(1, 2)), TWO_VIEWS);
        Said said = eval(
                "linear",
                model,
                "linear.epochs=10",
                "linear.learning-rates=[1]",
                "linear.pooling=cmc",
                "model.outputs=[layer2]");
        JsonArray rows = results(said).getAsJsonArray("linear");
        JsonArray own = results(eval("classifier", runFolder())).getAsJsonArray("classifier");
        assertThat(best(own, "logits")).isEqualTo(best(rows, "layer2")).isGreaterThan(30);
    }

    @Test
    void aModelOfOneStageHasClassifiersOfItsOwn() throws IOException {
        Path model = Models.run(
                folder.resolve("model.pth"),
                config ->
                        new OneStageNetwork(((MultiExit.Config) config.encoder()).encoder(3), Classifier.LINEAR, 7, 0),
                EXITS);
        JsonArray rows = results(eval("classifier", model)).getAsJsonArray("classifier");
        List<String> names = new ArrayList<>();
        rows.forEach(row -> names.add(row.getAsJsonObject().get("output").getAsString()));
        assertThat(names).containsExactly("exit2-logits", "logits", "exit2-logits+logits");
        Said trained = eval(
                "linear",
                model,
                "linear.epochs=3",
                "linear.learning-rates=[0.5]",
                "model.outputs=[exit2,pooled]",
                "linear.ensembles=[[exit2,pooled]]");
        JsonObject shared = JsonParser.parseString(Files.readString(folder.resolve("out/test/results.json")))
                .getAsJsonObject();
        double ensemble = shared.getAsJsonObject(model.toString())
                .getAsJsonArray("ensemble")
                .get(0)
                .getAsDouble();
        assertThat(best(results(trained).getAsJsonArray("linear"), "exit2+pooled"))
                .isCloseTo(ensemble, within(0.006));
    }

    /** Stops at some batch, or never. */
    private static BooleanSupplier after(int batches) {
        int[] asked = {0};
        return () -> asked[0]++ >= batches;
    }

    private List<String> trained(String name, Path model, String mode, int... stops) throws IOException {
        List<String> overrides = new ArrayList<>(List.of(DATA));
        overrides.addAll(List.of(
                "name=" + name,
                "out=" + folder.resolve("out"),
                "linear.encoder-mode=" + mode,
                "linear { features = augmented, standardize = false, epochs = 4, batch-size = 32, classifier = hidden }",
                "optimizer.type=adam",
                "linear.learning-rates=[0.01,0.001]"));
        ConfigFile file = EvalConfig.file(model, overrides);
        EvalConfig config = file.bind(EvalConfig.class);
        RunFolder run = null;
        for (int stop : stops) {
            try (Subject subject = Subject.open(config);
                    LinearRun linear = new LinearRun(config, file, subject, Optional.ofNullable(run), after(stop))) {
                assertThat(linear.train()).isEqualTo(stop == Integer.MAX_VALUE);
            }
            run = RunFolder.latest(folder.resolve("out").resolve(name)).orElseThrow();
        }
        return Files.readAllLines(run.metrics());
    }

    /** The classifiers alone do so in LinearEvaluationTest. */
    @ParameterizedTest
    @ValueSource(strings = {"evaluation", "training"})
    @Tag("slow")
    void whatWasInterruptedGoesOnToTheSameNumbers(String mode) throws IOException {
        Path model = Models.tiny(folder.resolve("model.pth"));
        List<String> whole = trained("whole", model, mode, Integer.MAX_VALUE);
        // An epoch has three batches to train on and one to test on.
        assertThat(trained("parts", model, mode, 6, 5, Integer.MAX_VALUE))
                .hasSize(4)
                .isEqualTo(whole);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "linear | model.outputs=[layer9] | 2 | has no output layer9; choose one of",
                "linear | linear.learning-rates=[] | 2 | linear.learning-rates",
                "linear | linear.learning-rates=[1e38,3e38] | 1 | the loss is no number",
                "linear | linear.ensembles=[[exit2,pooled]] | 2 | linear.ensembles names exit2",
                "linear | model.part=key-encoder | 2 | has no part key-encoder",
                "classifier | name=test | 2 | has no classifier",
            })
    void mistakesAreOneSentence(String command, String setting, int code, String message) throws IOException {
        Said said = eval(command, Models.tiny(folder.resolve("model.pth")), setting);
        assertThat(said.err()).contains(message);
        assertThat(said.code()).isEqualTo(code);
        assertThat(said.err()).doesNotContain("\tat ");
    }

    @Test
    void aClassifierOfOtherClassesIsRefused() throws IOException {
        Path model = Models.run(
                folder.resolve("model.pth"),
                config ->
                        new OneStageNetwork(((MultiExit.Config) config.encoder()).encoder(3), Classifier.LINEAR, 10, 0),
                EXITS);
        Said said = eval("classifier", model);
        assertThat(said.code()).isEqualTo(2);
        assertThat(said.err()).contains("tells 10 classes apart, and the data has 7");
    }
}
