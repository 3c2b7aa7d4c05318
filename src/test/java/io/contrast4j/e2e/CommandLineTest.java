package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "--version",
                "train --help",
                "config --help",
                "config plot-lr --help",
                "help train",
                "data --help",
                "data preview --help",
                "bench --help",
                "bench data --help"
            })
    void helpGoesToStdoutAndFitsTheTerminal(String arguments) {
        Launcher.Result result = (arguments.startsWith("--")
                        ? new Launcher(folder).run(arguments)
                        : Launcher.here(arguments.split(" ")))
                .succeeded();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).contains("contrast4j");
        assertThat(result.out().lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
    }

    @Test
    void aCommandMustBeGiven() {
        Launcher.Result result = new Launcher(folder).run().failed(2, "contrast4j: Which command?", "--help");
        assertThat(result.out()).isEmpty();
    }

    @Test
    void aCommandThatIsMisspeltIsGuessed() {
        new Launcher(folder).run("trian", "x.conf").failed(2, "'trian'", "Did you mean", "train");
    }

    @Test
    void anUnknownOptionIsAnError() {
        new Launcher(folder).run("train", "x.conf", "--resum").failed(2, "--resum", "--resume");
    }

    @Test
    void configPrintsEveryValueWithItsOrigin() {
        String conf = Launcher.conf("tiny.conf").toString();
        Launcher.Result result = new Launcher(folder)
                .run("config", conf, "train.epochs=7", "seed = 5")
                .succeeded();
        assertThat(result.out().lines())
                .anySatisfy(line -> assertThat(line).matches("train\\.epochs = 7 +# command line"))
                .anySatisfy(line -> assertThat(line).matches("seed = 5 +# command line"))
                .anySatisfy(line -> assertThat(line).matches("encoder\\.width = 0\\.0625 +# .*tiny\\.conf:6"))
                .anySatisfy(line -> assertThat(line).matches("optimizer\\.momentum = 0\\.9 +# default"));
        assertThat(result.out().lines().filter(line -> !line.isBlank()))
                .hasSizeGreaterThan(40)
                .allSatisfy(line -> assertThat(line).contains("  # "));
        assertThat(result.err()).isEmpty();
        assertThat(RunFiles.list(folder.resolve("runs"))).isEmpty();
    }

    @Test
    void configRefusesWhatTrainWould() {
        new Launcher(folder)
                .run("config", Launcher.conf("tiny.conf").toString(), "train.epoch=7")
                .failed(2, "command line: ", "train.epoch", "epochs");
    }

    @Test
    void configNeedsNoNativeLibraries() {
        Path cache = folder.resolve("natives");
        ProcessBuilder process = Launcher.quiet(new ProcessBuilder(
                Launcher.HOME.resolve("tools/contrast4j").toString(),
                "config",
                Launcher.conf("tiny.conf").toString(),
                "views=${recipes.selfcon-imagenet-randaug} { crops = 2 }",
                "eval.views=[]"));
        process.environment()
                .merge("CONTRAST4J_JAVA_ARGS", " -Dorg.bytedeco.javacpp.cachedir=" + cache, String::concat);
        new Launcher(folder).run(process).succeeded();
        assertThat(cache).doesNotExist();
    }

    @Test
    void previewDrawsARowForEachPicture() throws IOException {
        new Launcher(folder)
                .run(
                        "data",
                        "preview",
                        Launcher.conf("tiny.conf").toString(),
                        "--samples=3",
                        "--epoch=2",
                        "mixture.type=both")
                .succeeded();
        BufferedImage png = ImageIO.read(folder.resolve("preview.png").toFile());
        // The picture, L and ab of the training, L and ab of the evaluation.
        assertThat(png.getWidth()).isEqualTo(8 + 5 * 168);
        assertThat(png.getHeight()).isEqualTo(8 + 3 * 188);
        new Launcher(folder)
                .run("data", "preview", Launcher.conf("tiny.conf").toString(), "--samples=0")
                .failed(2, "--samples must be at least 1");
        new Launcher(folder)
                .run("data", "preview", Launcher.conf("tiny.conf").toString(), "--out=nowhere/p.png")
                .failed(1, "nowhere/p.png");
    }
}
