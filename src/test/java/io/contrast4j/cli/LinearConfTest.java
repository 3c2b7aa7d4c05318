package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.config.InvalidConfig;
import io.contrast4j.optim.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The configurations of the published linear evaluations. */
class LinearConfTest {
    private static final Path FOLDER = Path.of(System.getProperty("contrast4j.home", "."), "conf", "linear");
    private static final int MOST_LINES = 25;

    private static EvalConfig bound(Path conf, String... overrides) {
        List<String> all = Stream.concat(Stream.of("model.path=model.pth"), Stream.of(overrides))
                .toList();
        return ConfigFile.load(conf, all).bindWithoutFiles(EvalConfig.class);
    }

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".conf"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void eachBindsAndIsShort(Path conf) throws IOException {
        assertThat(bound(conf).linear().epochs()).isGreaterThanOrEqualTo(40);
        assertThat(Files.readAllLines(conf)).hasSizeLessThanOrEqualTo(MOST_LINES);
    }

    /** Learning rates of the epochs 1, 31, 61, 81 and the last, as the published options give them. */
    @ParameterizedTest
    @CsvSource({
        "cmc-alexnet, 60, 256, 0, 0.1, 0.02, -, -, 0.0008",
        "cmc-resnet50, 60, 256, 0, 30, 6, -, -, 0.24",
        "cmc-resnet50v3, 60, 256, 0, 50, 10, -, -, 0.4",
        "moco-insdis, 60, 256, 0, 10, 2, -, -, 0.08",
        "moco-insdis-imagenet, 60, 256, 0, 30, 6, -, -, 0.24",
        "align-uniform-stl10, 100, 128, 0, 1e-3, 1e-3, 2e-4, 4e-5, 4e-5",
        "moco-lincls, 100, 256, 0, 30, 30, 3, 0.3, 0.3",
        "ring-transfer, 100, 256, 1e-5, 0.01, 0.01, 0.01, 0.01, 0.01",
        "selfcon-cifar10, 100, 512, 0, 3, 3, 0.3, 0.03, 0.03",
        "selfcon-cifar100, 100, 512, 0, 3, 3, 0.3, 0.03, 0.03",
        "selfcon-tiny-imagenet, 100, 512, 0, 3, 3, 0.3, 0.03, 0.03",
        "selfcon-imagenet, 40, 512, 0, 5, 0.05, -, -, 0.05"
    })
    void ratesAreThePublishedOnes(
            String name,
            int epochs,
            int batch,
            double decay,
            double first,
            double at31,
            String at61,
            String at81,
            double last) {
        EvalConfig config = bound(FOLDER.resolve(name + ".conf"));
        assertThat(config.linear().epochs()).isEqualTo(epochs);
        assertThat(config.linear().batchSize()).isEqualTo(batch);
        assertThat(config.linear().features()).isEqualTo(LinearProtocol.Kept.AUGMENTED);
        Schedule schedule = config.schedule().build(config.optimizer().learningRate(), epochs);
        double[] rates = IntStream.range(0, epochs)
                .mapToDouble(epoch -> schedule.at(epoch, 0, 1, Double.NaN))
                .toArray();
        assertThat(rates[0]).isEqualTo(first);
        assertClose(rates[30], at31);
        if (epochs > 60) {
            assertClose(rates[60], Double.parseDouble(at61));
            assertClose(rates[80], Double.parseDouble(at81));
        }
        assertClose(rates[epochs - 1], last);
        String rendered = config.optimizer().toString();
        assertThat(rendered).contains("weightDecay=" + decay);
    }

    private static void assertClose(double actual, double expected) {
        assertThat(DoubleStream.of(actual)
                        .map(value -> Math.abs(value / expected - 1))
                        .sum())
                .isLessThan(1e-12);
    }

    @ParameterizedTest
    @CsvSource({
        "cmc-alexnet, 0.2",
        "cmc-resnet50, 0.08",
        "moco-lincls, 0.08",
        "align-uniform-stl10, 0.08",
        "selfcon-cifar10, 0.2"
    })
    void cropsAreThePublishedOnes(String name, double leastArea) {
        assertThat(bound(FOLDER.resolve(name + ".conf")).model().toString()).contains("min-area = " + leastArea + " }");
    }

    @Test
    void optionsOfTheScriptsAreOverrides() {
        EvalConfig moco = bound(
                FOLDER.resolve("moco-insdis.conf"),
                "linear.norm=batch",
                "schedule=null",
                "schedule={type=cosine,floor=0.0008,floor-is=share,last=at-floor}");
        assertThat(moco.schedule().build(0.1, 60).at(59, 0, 1, 0.1)).isEqualTo(0.1 * 0.0008);
        EvalConfig selfCon = bound(
                FOLDER.resolve("selfcon-cifar10.conf"),
                "schedule=null",
                "schedule={type=cosine,floor=0.001,floor-is=share,last=at-floor,warmup={epochs=10,from=0.01}}");
        assertThat(selfCon.schedule().build(1, 60).at(0, 0, 20, 1)).isEqualTo(0.01);
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        Path quick = FOLDER.resolve("quick.conf");
        assertThatThrownBy(() -> bound(quick, "linear.learning-rates=[]"))
                .isInstanceOf(InvalidConfig.class)
                .hasMessageContaining("linear.learning-rates")
                .hasMessageContaining("at least one");
        assertThatThrownBy(() -> bound(quick, "linear.features=augmented"))
                .isInstanceOf(InvalidConfig.class)
                .hasMessageContaining("linear.standardize");
        assertThatThrownBy(() -> bound(quick, "linear.encoder-mode=training"))
                .isInstanceOf(InvalidConfig.class)
                .hasMessageContaining("linear.encoder-mode");
        assertThatThrownBy(() -> bound(quick, "linear.ensembles=[[pooled]]"))
                .isInstanceOf(InvalidConfig.class)
                .hasMessageContaining("linear.ensembles");
    }
}
