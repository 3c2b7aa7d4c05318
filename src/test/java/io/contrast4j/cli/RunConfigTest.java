package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.CropViews;
import io.contrast4j.data.Views;
import io.contrast4j.image.Mats;
import io.contrast4j.objective.AlignUniform;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class RunConfigTest {
    /** The folders of configurations of evaluations. */
    private static final Set<String> OF_EVALUATIONS = Set.of("eval", "linear");

    private static final Path CONF =
            Path.of(System.getProperty("contrast4j.home", ".")).resolve("conf");

    /** As in Python, where a step copies its batch after it has begun (tools/gpu/steps_peer.py). */
    @TestFactory
    Stream<DynamicTest> stepsBesidePythonBeginWithABatchThatIsNotOnTheGpuYet() {
        return Stream.of("moco-v2", "cmc", "selfcon")
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    Path file = CONF.resolveSibling("tools/gpu/steps").resolve(name + ".conf");
                    RunConfig config = ConfigFile.load(file, List.of()).bindWithoutFiles(RunConfig.class);
                    assertThat(config.loader().pinMemory()).isTrue();
                    assertThat(config.loader().devicePrefetch()).isFalse();
                }));
    }

    @TestFactory
    Stream<DynamicTest> everyFileInConfIsValid() throws IOException {
        try (Stream<Path> files = Files.walk(CONF)) {
            return files
                    .filter(file -> file.toString().endsWith(".conf") && !ConfFolder.isSweep(file))
                    .sorted()
                    .toList()
                    .stream()
                    .map(file -> DynamicTest.dynamicTest(
                            CONF.relativize(file).toString(),
                            () -> assertThat(ConfigFile.load(file, overrides(file))
                                            .bindWithoutFiles(type(file)))
                                    .isNotNull()));
        }
    }

    private static boolean isOfEvaluation(Path file) {
        return OF_EVALUATIONS.contains(CONF.relativize(file).getName(0).toString());
    }

    private static Class<? extends Record> type(Path file) {
        return isOfEvaluation(file) ? EvalConfig.class : RunConfig.class;
    }

    /** What is judged is often said on the command line only. */
    private static List<String> overrides(Path file) {
        return isOfEvaluation(file) && !file.endsWith("knn.conf") ? List.of("model.path=x") : List.of();
    }

    @Test
    void theKeysOfRunsAndOfEvaluationsAreTheirOwn() {
        assertThatThrownBy(() -> ConfigFile.load(CONF.resolve("quickstart.conf"), List.of("knn.k=[1]"))
                        .bindWithoutFiles(RunConfig.class))
                .hasMessageContaining("unknown key knn");
        assertThatThrownBy(() -> ConfigFile.load(CONF.resolve("eval/knn.conf"), List.of("train.epochs=1"))
                        .bindWithoutFiles(EvalConfig.class))
                .hasMessageContaining("unknown key train");
    }

    @Test
    void whatTheEvaluationCannotFindIsSaidBeforeTheTraining() {
        List<String> overrides = List.of("eval.views=[l, hue]", "eval.tap=layer9", "device=gpu");
        ConfigFile file = ConfigFile.load(CONF.resolve("quickstart.conf"), overrides);
        assertThatThrownBy(() -> file.bind(RunConfig.class))
                .isInstanceOfSatisfying(
                        UserError.class, error -> assertThat(error.exitCode()).isEqualTo(UserError.USAGE))
                .hasMessageContaining("command line: device = \"gpu\" must be auto, cpu, cuda or cuda:N")
                .hasMessageContaining("command line: eval.views = [l, hue] must be out of the views [l, ab]")
                .hasMessageContaining(
                        "command line: eval.tap = layer9 must be one of the encoder's layers [input, stem,");
    }

    @Test
    void theTermsOfAlignUniformAreKeysOfTheirOwn() {
        List<String> overrides = List.of("objective.type=align-uniform", "objective.contrastive.weight=0.5");
        RunConfig config =
                ConfigFile.load(CONF.resolve("quickstart.conf"), overrides).bindWithoutFiles(RunConfig.class);
        assertThat(config.objective())
                .isEqualTo(new AlignUniform.Config(
                        new AlignUniform.Config.Contrastive(0.5, 0.07),
                        new AlignUniform.Config.Align(3, 2),
                        new AlignUniform.Config.Uniform(1, 3, AlignUniform.Pairs.NEGATIVES_AND_BATCH)));
        List<String> nothing =
                List.of("objective.type=align-uniform", "objective.align.weight=0", "objective.uniform.weight=0");
        assertThatThrownBy(() -> ConfigFile.load(CONF.resolve("quickstart.conf"), nothing)
                        .bindWithoutFiles(RunConfig.class))
                .hasMessage("command line: objective.align.weight = 0.0 must be other than 0 if contrastive.weight and"
                        + " uniform.weight are 0, as nothing is left to minimise");
    }

    @Test
    void allProblemsOfOneFileAreSaidAtOnceWhateverTheirKind() {
        List<String> overrides = List.of(
                "train.epochs=many",
                "train.batch-size=-3",
                "encoder.depth=19",
                "eval.batch-size=0",
                "eval.tap=poled",
                "data={ type = image-folder, path = /nope }",
                "sede=1");
        assertThatThrownBy(() -> ConfigFile.load(CONF.resolve("cmc/image-folder.conf"), overrides)
                        .bind(RunConfig.class))
                .message()
                .satisfies(message -> assertThat(message.lines())
                        .containsExactlyInAnyOrder(
                                "command line: train.epochs = many must be a whole number",
                                "command line: train.batch-size = -3 must be at least 1",
                                "command line: encoder.depth = 19 must be one of [18, 34, 50, 101, 152]",
                                "command line: eval.batch-size = 0 must be at least 1",
                                "command line: eval.tap = poled must be one of the encoder's layers [input, stem,"
                                        + " layer1, layer2, layer3, layer4, pooled, embedding]",
                                "command line: data.path = /nope must be a folder that is there",
                                "command line: unknown key sede; did you mean seed?"));
    }

    @Test
    void picturesThatAnEncoderCannotTakeAreSaidBeforeTheTraining() {
        List<String> alexNet = List.of("encoder={ type = alexnet }", "views.size=64", "eval.tap=fc6");
        assertThatThrownBy(() -> ConfigFile.load(CONF.resolve("cmc/image-folder.conf"), alexNet)
                        .bindWithoutFiles(RunConfig.class))
                .message()
                .satisfies(message -> assertThat(message.lines().filter(line -> line.contains("views.")))
                        .containsExactly(
                                "command line: views.size = 64 must be 223 to 254 pixels for an AlexNet, such as 224"));
        List<String> others = List.of(
                "encoder={ type = alexnet }",
                "eval.tap=fc6",
                "views.evaluation.size=256",
                "views.local={ crops = 2, size = 96, min-area = 0.1, max-area = 0.3 }");
        assertThatThrownBy(() -> ConfigFile.load(CONF.resolve("cmc/image-folder.conf"), others)
                        .bindWithoutFiles(RunConfig.class))
                .hasMessageContaining("views.evaluation.size = 256 must be 223 to 254 pixels")
                .hasMessageContaining("views.local.size = 96 must be 223 to 254 pixels");
    }

    @Test
    void everyReplicaHasAPartOfABatch() {
        Path quickstart = CONF.resolve("quickstart.conf");
        assertThatThrownBy(
                        () -> ConfigFile.load(quickstart, List.of("data-parallel.replicas=33", "train.batch-size=32"))
                                .bindWithoutFiles(RunConfig.class))
                .hasMessage(
                        "command line: data-parallel.replicas = 33 must be at most train.batch-size = 32, as each has a"
                                + " part of every batch");
        assertThatThrownBy(() -> ConfigFile.load(quickstart, List.of("data-parallel.replicas=0"))
                        .bindWithoutFiles(RunConfig.class))
                .hasMessage("command line: data-parallel.replicas = 0 must be at least 1");
    }

    @Test
    void replicasAndShardsDoNotGoTogether() {
        List<String> both = List.of("method.shards=2", "data-parallel.replicas=2");
        Path moco = CONF.resolve("fashion-mnist/moco-v2.conf");
        assertThatThrownBy(() -> ConfigFile.load(moco, both).bindWithoutFiles(RunConfig.class))
                .hasMessage(
                        "command line: data-parallel.replicas = 2 must be 1 where method.shards is more than 1, as both"
                                + " are about parts of a batch with statistics of their own");
    }

    @TestFactory
    Stream<DynamicTest> everyKindOfEncoderSaysWhichPicturesItTakes() {
        return Map.of(
                        "resnet", "at least 7 pixels",
                        "torchvision-resnet", "at least 7 pixels",
                        "ring-resnet", "at least 7 pixels",
                        "alexnet", "223 to 254 pixels",
                        "small-alexnet", "64 pixels",
                        "selfcon-resnet", "at least 3 pixels",
                        "selfcon-vgg", "at least 32 pixels",
                        "selfcon-wide-resnet", "at least 3 pixels",
                        "selfcon-efficientnet", "at least 8 pixels")
                .entrySet()
                .stream()
                .map(limit -> DynamicTest.dynamicTest(limit.getKey(), () -> {
                    List<String> overrides = List.of(
                            "encoder=null",
                            "encoder={ type = " + limit.getKey() + " }",
                            "views.size=2",
                            "eval.tap=embedding");
                    assertThatThrownBy(() -> ConfigFile.load(CONF.resolve("cmc/image-folder.conf"), overrides)
                                    .bindWithoutFiles(RunConfig.class))
                            .message()
                            .satisfies(message -> assertThat(
                                            message.lines().filter(line -> !line.contains("views.evaluation")))
                                    .singleElement()
                                    .asString()
                                    .startsWith("command line: views.size = 2 must be " + limit.getValue()));
                }));
    }

    /** What the parts of a method cannot do together is said with the key to change, and what to. */
    @TestFactory
    Stream<DynamicTest> partsThatDoNotGoTogetherAreSaidBeforeTheTraining() {
        List<String> inBatch = List.of("store.type=none", "negatives=null", "negatives={ type = in-batch }");
        List<String> selfCon = Stream.concat(
                        inBatch.stream(),
                        Stream.of(
                                "method.type=selfcon",
                                "views.crops=2",
                                "views.groups=[[0, 1, 2]]",
                                "method.rows=end",
                                "eval.views=[]"))
                .toList();
        List<String> oneStage = Stream.concat(
                        inBatch.stream(),
                        Stream.of(
                                "method.type=one-stage",
                                "views.groups=[[0, 1, 2]]",
                                "objective.type=none",
                                "eval.views=[]"))
                .toList();
        Map<String, List<String>> refused = new LinkedHashMap<>();
        refused.put(
                "objective.type = nce must be infonce where negatives are chosen for their similarity, as NCE tells one"
                        + " positive from noise that is drawn uniformly",
                List.of("negatives=null", "negatives={ type = ring }"));
        refused.put(
                "store.type = queue must be memory-bank for method.type = insdis",
                List.of("method.type=insdis", "store.type=queue", "views.groups=[[0, 1, 2]]", "eval.views=[]"));
        refused.put(
                "objective.type = nce must be infonce where an anchor has several positives, as NCE tells one positive from"
                        + " noise that is drawn uniformly",
                selfCon);
        refused.put(
                "encoder.type = resnet (the default) must be selfcon-resnet, selfcon-vgg, selfcon-wide-resnet or selfcon-efficientnet for"
                        + " method.type = one-stage",
                oneStage);
        refused.put(
                "views.crops = 1 (the default) must be 2 for method.type = moco",
                List.of("method.type=moco", "views.groups=[[0, 1, 2]]", "eval.views=[]"));
        refused.put(
                "method.shards = 3 must be a divisor of train.batch-size = 32, as all shards have equal parts of a batch",
                List.of(
                        "method={ type = moco, shards = 3 }",
                        "views.crops=2",
                        "views.groups=[[0, 1, 2]]",
                        "eval.views=[]"));
        refused.put(
                "negatives.outer = 0.1 must be a larger share at its smallest: of 8 pictures that have a loss together none"
                        + " is within the thresholds",
                List.of(
                        "method={ type = moco, shards = 4 }",
                        "views.crops=2",
                        "views.groups=[[0, 1, 2]]",
                        "store.type=queue",
                        "negatives=null",
                        "negatives={ type = ball, share-of = batch, outer { type = constant, share = 0.1 } }",
                        "objective.type=infonce",
                        "eval.views=[]"));
        refused.put(
                "negatives.outer = 0.01 must be a larger share at its smallest: of 64 rows none is within the thresholds",
                List.of(
                        "method.type=moco",
                        "store={ type = queue, size = 64 }",
                        "negatives=null",
                        "negatives={ type = ring, outer { type = constant, share = 0.01 } }",
                        "objective.type=infonce",
                        "views.crops=2",
                        "views.groups=[[0, 1, 2]]",
                        "eval.views=[]"));
        refused.put(
                "negatives.outer.epochs = 21.0 must be at most train.epochs = 20, as the threshold would never arrive at its"
                        + " end",
                List.of(
                        "objective.type=infonce",
                        "train.epochs=20",
                        "negatives=null",
                        "negatives={ type = ring, outer { type = step, epochs = 21 } }"));
        return refused.entrySet().stream()
                .map(one -> DynamicTest.dynamicTest(
                        one.getKey(),
                        () -> assertThatThrownBy(() -> ConfigFile.load(CONF.resolve("quickstart.conf"), one.getValue())
                                        .bindWithoutFiles(RunConfig.class))
                                .isInstanceOf(UserError.class)
                                .message()
                                .satisfies(message -> assertThat(message.lines())
                                        .singleElement()
                                        .asString()
                                        .matches("(command line|.*\\.conf(:\\d+)?): " + Pattern.quote(one.getKey())))));
    }

    /** The channels of an encoder are those of its view, which must be there. */
    @Test
    void channelsThatTheColourSpaceHasNotAreSaidBeforeTheTraining() {
        assertThatThrownBy(() -> ConfigFile.load(CONF.resolve("quickstart.conf"), List.of("views.groups=[[0], [3]]"))
                        .bind(RunConfig.class))
                .hasMessageContaining("command line: views.groups = [[0], [3]] must be ");
    }

    @Test
    void checksBetweenRecordsWaitForATypeThatIsKnown() {
        List<String> overrides = List.of("encoder.type=resent", "eval.tap=layer9", "train.epochs=-1");
        assertThatThrownBy(() -> ConfigFile.load(CONF.resolve("quickstart.conf"), overrides)
                        .bind(RunConfig.class))
                .hasMessageContaining("encoder.type = resent must be one of resnet, ")
                .hasMessageContaining("did you mean resnet?")
                .hasMessageContaining("train.epochs = -1 must be at least 0")
                .message()
                .doesNotContain("eval.tap");
    }

    @Test
    void filesThatAreMissingDoNotHinderALookAtARun() {
        ConfigFile file = ConfigFile.load(CONF.resolve("cmc/image-folder.conf"), List.of("data.path=/no"));
        assertThat(file.renderWithSources(RunConfig.class)).contains("data.path = \"/no\"");
        assertThatThrownBy(() -> file.bind(RunConfig.class))
                .hasMessage("command line: data.path = /no must be a folder that is there");
    }

    @TestFactory
    Stream<DynamicTest> everyRecipeGivesViews() {
        return ConfigFactory.parseResources("reference.conf").resolve().getObject("recipes").keySet().stream()
                .sorted()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    List<String> overrides = List.of("views=${recipes." + name + "} { crops = 2 }", "eval.views=[]");
                    CropViews.Config views = ConfigFile.load(CONF.resolve("quickstart.conf"), overrides)
                            .bind(RunConfig.class)
                            .views();
                    assertThat(views.crops()).isEqualTo(2);
                    try (Scope scope = Scope.open()) {
                        byte[] noise = new byte[300 * 280 * 3];
                        new Random(1).nextBytes(noise);
                        Mat picture = Mats.rgb(300, 280, noise);
                        for (int draw = 0; draw < 20; draw++) {
                            assertThat(Views.rendered(views.random(), picture, CounterRandom.of(draw)))
                                    .hasSize(views.names().size())
                                    .allSatisfy(view -> assertThat(view.cols()).isEqualTo(views.size()));
                        }
                        assertThat(Views.rendered(views.central(views.crops()), picture, CounterRandom.of(1))
                                        .get(0)
                                        .cols())
                                .isEqualTo(views.evaluation().size());
                    }
                }));
    }
}
