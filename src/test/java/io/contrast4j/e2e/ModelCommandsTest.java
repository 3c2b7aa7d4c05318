package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code model list} and {@code model show} as a user starts them. */
class ModelCommandsTest {
    private static final int USAGE = 2;
    private static final String QUICKSTART =
            Launcher.HOME.resolve("conf/quickstart.conf").toString();

    @TempDir
    Path folder;

    private Launcher.Result run(String... arguments) {
        return new Launcher(folder).run(arguments);
    }

    /** The columns of a layer's row. */
    private static List<String> row(Launcher.Result result, String layer) {
        return result.out()
                .lines()
                .map(line -> List.of(line.strip().split(" +")))
                .filter(columns -> columns.get(0).equals(layer))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + layer + " in\n" + result.out()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"model --help", "model list --help", "model show --help"})
    void helpGoesToStdout(String arguments) {
        Launcher.Result result = Launcher.here(arguments.split(" ")).succeeded();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).containsPattern("Examples?:").contains("contrast4j model ");
        assertThat(result.out().lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
    }

    @Test
    void theListHasTheEncodersWithTheirOptions() {
        Launcher.Result result = run("model", "list").succeeded();
        assertThat(result.out().lines().filter(line -> !line.startsWith(" "))).contains("resnet", "alexnet");
        assertThat(result.out())
                .contains("depth = 50 ", "18, 34, 50, 101 or 152", "feature-dim = 128 ", "CMC's AlexNet");
        assertThat(result.out().lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
        // What options mean begins at the same place everywhere, however long they are.
        assertThat(result.out()
                        .lines()
                        .filter(line -> line.matches(" {4}\\S+ = .*"))
                        .map(line -> line.replaceFirst("^( {4}\\S+ = \\S+ {2,}).*", "$1")
                                .length())
                        .distinct())
                .hasSize(1);
    }

    @Test
    void anEncoderIsShownWithItsOptionsAndPictures() {
        Launcher.Result result = run("model", "show", "resnet", "depth=18", "feature-dim=10", "--input", "1x64x32")
                .succeeded();
        assertThat(result.out()).startsWith("resnet depth=18 width=1.0 feature-dim=10\n");
        assertThat(row(result, "input")).containsExactly("input", "1x64x32", "-", "-");
        // 32×16 positions, of 7×7 pixels in one channel.
        assertThat(row(result, "conv1")).containsExactly("conv1", "64x32x16", "3,136", "1,605,632");
        assertThat(row(result, "layer4")).startsWith("layer4", "512x2x1");
        assertThat(row(result, "fc")).containsExactly("fc", "10", "5,130", "5,120");
        assertThat(row(result, "total")).startsWith("total", "11,175,370");
        // 11,175,370 numbers of four bytes, for each of three.
        assertThat(row(result, "gradients")).containsExactly("gradients", "42.6", "MiB");
        assertThat(row(result, "SGD")).containsExactly("SGD", "momentum", "42.6", "MiB");
    }

    /** The first line names every option, and can be typed again. */
    @Test
    void theTitleShowsTheSameAgain() {
        Launcher.Result first = run("model", "show", "selfcon-resnet", "exits=[1, 3]", "--input", "3x16x16")
                .succeeded();
        String title = first.out().lines().findFirst().orElseThrow();
        assertThat(title).contains(" stem=cifar exits=[1,3] exit-size=same ", " head=mlp ");
        Launcher.Result again = run(Stream.of(
                                Stream.of("model", "show"),
                                Stream.of(title.split(" ")),
                                Stream.of("--input", "3x16x16"))
                        .flatMap(part -> part)
                        .toArray(String[]::new))
                .succeeded();
        assertThat(again.out()).isEqualTo(first.out());
    }

    @Test
    void whatLinearClassifiersAreGivenIsShown() {
        Launcher.Result result =
                run("model", "show", "alexnet", "--input", "1x224x224").succeeded();
        assertThat(result.out().substring(result.out().indexOf("what a linear classifier")))
                .containsPattern("block1 +max to 10x10 +4,800\n")
                .containsPattern("block5 +- +4,608\n");
    }

    @Test
    void aConfigurationHasATableForEachOfItsViews() {
        Launcher.Result result =
                run("model", "show", QUICKSTART, "train.batch-size=16").succeeded();
        assertThat(result.out()).contains(" for the view l\n", " for the view ab\n", "activations of 16 pictures");
        assertThat(result.out().lines().filter(line -> line.startsWith("input ")))
                .satisfiesExactly(
                        l -> assertThat(l).contains(" 1x64x64 "),
                        ab -> assertThat(ab).contains(" 2x64x64 "));
    }

    @TestFactory
    Stream<DynamicTest> whatCannotBeShownIsOneSentence() {
        return Stream.of(
                refused("'resnet51' is neither an encoder nor a configuration; the encoders are resnet,", "resnet51"),
                refused("encoder.depth = 19 must be one of [18, 34, 50, 101, 152]", "resnet", "depth=19"),
                refused("unknown key encoder.dept of type resnet; did you mean encoder.depth?", "resnet", "dept=18"),
                refused("--input 1x100x224: the sides must be 223 to 254", "alexnet", "--input", "1x100x224"),
                refused("--input 3x6x6: the sides must be at least 7", "resnet", "--input", "3x6x6"),
                refused("--input 3x2x9: the sides must be at least 3", "selfcon-wide-resnet", "--input", "3x2x9"),
                refused("'224' must be channels x height x width", "resnet", "--input", "224"),
                refused("'0x64x64' must have 1 to 1024 channels", "resnet", "--input", "0x64x64"),
                refused("sides of 1 to 2048 pixels", "resnet", "--input", "3x64x99999"),
                refused("--input 1x64x64 must have 3 channels", QUICKSTART, "--input", "1x64x64"),
                refused("nothing.conf: it does not exist", "nothing.conf"));
    }

    private DynamicTest refused(String sentence, String... arguments) {
        return DynamicTest.dynamicTest(sentence, () -> {
            Launcher.Result result = Launcher.here(Stream.concat(Stream.of("model", "show"), Stream.of(arguments))
                    .toArray(String[]::new));
            result.failed(USAGE, sentence);
            assertThat(result.complaints()).hasSize(1);
            assertThat(result.out()).isEmpty();
        });
    }
}
