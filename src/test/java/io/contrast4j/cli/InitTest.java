package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.dist.Placement;
import io.contrast4j.fit.ConfText;
import io.contrast4j.fit.Machine;
import io.contrast4j.fit.Pictures;
import io.contrast4j.fit.Plan;
import io.contrast4j.fit.Rules;
import io.contrast4j.fit.Technique;
import io.contrast4j.prepare.FoundData;
import io.contrast4j.prepare.Survey;
import io.contrast4j.spec.UserError;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@code init} finds, and that what it writes is valid and trains. */
class InitTest {
    private static final Machine LAPTOP = new Machine(2, 8L << 30, false);
    private static final Machine SERVER = new Machine(32, Long.MAX_VALUE, true);

    @TempDir
    Path folder;

    private void picture(String name, int width, int height, int type) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        BufferedImage image = new BufferedImage(width, height, type);
        Random noise = new Random(name.hashCode());
        for (int pixel = 0; pixel < width * height; pixel++) {
            image.setRGB(pixel % width, pixel / width, 0xFF000000 | noise.nextInt(1 << 24));
        }
        ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile());
    }

    private void classes(String root, int pictures) throws IOException {
        for (int i = 0; i < pictures; i++) {
            picture(root + (i % 2 == 0 ? "/cats/" : "/dogs/") + i + ".jpg", 24, 20, BufferedImage.TYPE_INT_RGB);
        }
    }

    private FoundData found(String place) {
        return FoundData.at(folder.resolve(place));
    }

    private static Pictures pictures(int count, int classes, int side, boolean isGrey) {
        return new Pictures(count, classes, side, isGrey, Collections.nCopies(3, 0.5), Collections.nCopies(3, 0.25));
    }

    @Test
    void aFolderIsWhatItsFoldersSay() throws IOException {
        classes("split/train", 6);
        classes("split/val", 2);
        assertThat(found("split").about()).isEqualTo("class folders in train and val");
        assertThat(found("split").settings())
                .containsEntry("type", "image-folder")
                .containsEntry("test", "val");

        classes("whole/deeper", 6);
        Files.createDirectories(folder.resolve("whole/deeper/.cache"));
        picture("whole/deeper/.cache/1.png", 8, 8, BufferedImage.TYPE_INT_RGB);
        assertThat(found("whole").about()).isEqualTo("class folders");
        assertThat(found("whole").train().classes()).containsExactly("cats", "dogs");
        assertThat(found("whole").train().size()).isEqualTo(6);

        classes("contest/train", 6);
        picture("contest/test/1.png", 8, 8, BufferedImage.TYPE_INT_RGB);
        assertThat(found("contest").about()).startsWith("class folders in train, without test (");

        picture("vehicles/train/1.png", 8, 8, BufferedImage.TYPE_INT_RGB);
        picture("vehicles/train/2.png", 8, 8, BufferedImage.TYPE_INT_RGB);
        picture("vehicles/plane/1.png", 8, 8, BufferedImage.TYPE_INT_RGB);
        assertThat(found("vehicles").train().classes()).containsExactly("plane", "train");

        picture("flat/1.png", 8, 8, BufferedImage.TYPE_INT_RGB);
        picture("flat/more/2.png", 8, 8, BufferedImage.TYPE_INT_RGB);
        assertThat(found("flat").about()).isEqualTo("pictures without classes");
        assertThat(found("flat").classes()).isZero();
    }

    @Test
    void knownDataSetsAreKnown() throws IOException {
        MadeUpData.in(folder);
        for (String type : List.of("cifar-10", "cifar-100", "stl-10", "tiny-imagenet", "image-folder")) {
            FoundData found = found(type);
            assertThat(found.settings()).containsEntry("type", type);
            assertThat(found.test()).isPresent();
            // An odd sum stands for whole batches of the archive.
            assertThat(found.train().size()).isBetween(MadeUpData.TRAIN, MadeUpData.TRAIN + 1);
        }
    }

    @Test
    void everyTenthPictureOfAClassIsKeptForTesting() throws IOException {
        for (int i = 0; i < 23; i++) {
            Files.createDirectories(folder.resolve("all/a"));
            Files.writeString(folder.resolve("all/a/" + (100 + i) + ".jpg"), "x");
        }
        Files.createDirectories(folder.resolve("all/b, \"c\""));
        Files.writeString(folder.resolve("all/b, \"c\"/1.jpg"), "x");
        Files.writeString(folder.resolve("all/b, \"c\"/2.jpg"), "x");
        var unsplit = found("all").unsplit().orElseThrow();
        var split = unsplit.split();
        assertThat(split.test()).containsExactly(9, 19, 24);
        assertThat(split.train()).hasSize(22);
        Path train = folder.resolve("train.csv");
        Path test = folder.resolve("test.csv");
        unsplit.writeTable(train, split.train());
        unsplit.writeTable(test, split.test());
        FoundData read = FoundData.at(train);
        assertThat(read.train().classes()).containsExactly("a", "b, \"c\"");
        assertThat(read.train().size()).isEqualTo(22);
        assertThat(read.test().orElseThrow().size()).isEqualTo(3);
        assertThat(read.train().describe(0)).startsWith(unsplit.describe(0));
    }

    @Test
    void aLookFindsSizesColoursAndDamage() throws IOException {
        for (int i = 0; i < 5; i++) {
            picture("some/" + i + ".png", 30 + i, 20, BufferedImage.TYPE_BYTE_GRAY);
        }
        picture("some/5.png", 40, 50, BufferedImage.TYPE_INT_ARGB);
        Files.writeString(folder.resolve("some/6.jpg"), "no picture");
        byte[] whole = Files.readAllBytes(folder.resolve("some/0.png"));
        Files.write(folder.resolve("some/7.png"), Arrays.copyOf(whole, whole.length - 20));
        Survey survey = Survey.of(found("some"), 2, count -> {});
        assertThat(survey.widths()).containsExactly(30, 30, 31, 32, 33, 34, 40);
        assertThat(survey.sides()).containsExactly(20, 20, 20, 20, 20, 20, 40);
        assertThat(survey.transparent()).isEqualTo(1);
        assertThat(survey.isGrey()).isFalse();
        assertThat(survey.inspection().grey()).isEqualTo(5);
        assertThat(survey.damaged()).hasSize(2).allMatch(reason -> reason.matches(".*/[67]\\.(jpg|png).*"));
    }

    @Test
    void whereNothingCanBeReadASentenceSaysSo() throws IOException {
        Files.createDirectories(folder.resolve("broken"));
        Files.createDirectories(folder.resolve("empty"));
        for (int i = 0; i < 20; i++) {
            Files.writeString(folder.resolve("broken/" + i + ".jpg"), "x");
        }
        assertUsage(() -> Survey.of(found("broken"), 2, count -> {}), "None of the 20 pictures");
        assertUsage(() -> found("empty"), "has no pictures");
        assertUsage(() -> found("nowhere"), "There is no folder");
        Files.writeString(folder.resolve("text.txt"), "x");
        assertUsage(() -> found("text.txt"), "is a file; name the folder");
    }

    private static void assertUsage(Runnable mistake, String words) {
        assertThatThrownBy(mistake::run)
                .isInstanceOfSatisfying(
                        UserError.class, error -> assertThat(error.exitCode()).isEqualTo(UserError.USAGE))
                .hasMessageContaining(words);
    }

    /** Every technique, for small and large pictures, grey ones, without classes, on both machines. */
    @ParameterizedTest
    @EnumSource(Technique.class)
    void everyPlanIsAValidAndShortConfiguration(Technique technique) {
        List<String> wrong = new ArrayList<>();
        for (int side : new int[] {20, 64, 500}) {
            for (boolean isGrey : new boolean[] {false, true}) {
                for (Machine machine : List.of(LAPTOP, SERVER)) {
                    for (int count : new int[] {16, 60_000}) {
                        int classes = technique == Technique.SUPCON || count > 16 ? 2 : 0;
                        if (technique == Technique.CMC && isGrey) {
                            continue;
                        }
                        Pictures some = pictures(count, classes, side, isGrey);
                        Plan plan = Rules.choose(technique, some, machine);
                        String text = ConfText.of(subject(), plan, some, machine);
                        RunConfig config = FittedRun.bound(text);
                        assertThat(config.train().batchSize()).isEqualTo(plan.batch());
                        assertThat(config.device()).isEqualTo("cuda:1");
                        config.parts().requireItems(count);
                        if (text.lines().count() > 50 || text.lines().anyMatch(line -> line.length() > 120)) {
                            wrong.add(text);
                        }
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private ConfText.Subject subject() {
        return new ConfText.Subject(
                "made-up",
                List.of(),
                Map.of("type", "manifest", "train", "/x/\"a\\b.csv", "test", "/y.csv"),
                "Made up\nhere.",
                "Some are damaged.",
                "cuda:1");
    }

    @ParameterizedTest
    @CsvSource({"moco, false", "insdis, true"})
    void whatIsWrittenTakesTwoSteps(String technique, boolean isGrey) throws IOException {
        takeTwoSteps(technique, isGrey);
    }

    @ParameterizedTest
    @Tag("slow")
    @CsvSource({"supcon, false", "cmc, false", "simclr, true", "align-uniform, false"})
    void whatIsWrittenOfOtherMethodsTakesTwoSteps(String technique, boolean isGrey) throws IOException {
        takeTwoSteps(technique, isGrey);
    }

    private void takeTwoSteps(String technique, boolean isGrey) throws IOException {
        classes("made up", 18);
        Path conf = folder.resolve("made-up.conf");
        FoundData found = found("made up");
        var unsplit = found.unsplit().orElseThrow();
        var split = unsplit.split();
        unsplit.writeTable(folder.resolve("train.csv"), split.train());
        unsplit.writeTable(folder.resolve("test.csv"), split.test());
        Pictures some = pictures(split.train().length, 2, 20, isGrey);
        Plan plan = Rules.choose(Technique.of(technique).orElseThrow(), some, LAPTOP);
        Files.writeString(
                conf,
                ConfText.of(
                        new ConfText.Subject(
                                "made-up",
                                List.of(),
                                Map.of(
                                        "type",
                                        "manifest",
                                        "train",
                                        folder.resolve("train.csv"),
                                        "test",
                                        folder.resolve("test.csv")),
                                "Made up.",
                                "",
                                "auto"),
                        plan.withEpochs(1),
                        some,
                        LAPTOP));
        ConfigFile file = ConfigFile.load(
                conf,
                List.of(
                        "out=\"" + folder.resolve("runs") + '"',
                        "device=cpu",
                        "train.log-every=1",
                        "report.pictures=0",
                        "eval.random-weights=false",
                        "eval.linear.epochs=1"));
        RunConfig config = file.bind(RunConfig.class);
        String rendered = file.render(RunConfig.class);
        try (Workplace place = Workplace.open(config, rendered, Placement.ALONE);
                Run run = new Run(config, rendered, new Resume.Nothing(), new AllowedChanges(List.of()), place)) {
            assertThat(run.stepsPerEpoch()).isEqualTo(2);
            assertThat(run.train()).isTrue();
        }
        assertThat(losses(config.out())).hasSize(2).allMatch(Double::isFinite);
    }

    private static List<Double> losses(Path runs) throws IOException {
        try (Stream<Path> files = Files.walk(runs)) {
            Path metrics = files.filter(file -> file.endsWith("metrics.jsonl"))
                    .findFirst()
                    .orElseThrow();
            return Files.readAllLines(metrics).stream()
                    .map(line -> JsonParser.parseString(line).getAsJsonObject())
                    .filter(line -> line.has("loss"))
                    .map(line -> line.get("loss").getAsDouble())
                    .toList();
        }
    }
}
