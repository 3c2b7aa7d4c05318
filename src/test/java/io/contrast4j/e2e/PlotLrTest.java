package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlotLrTest {
    private static final String CONF = Launcher.conf("tiny.conf").toString();

    @TempDir
    Path folder;

    private List<String> plot(String conf, String... more) {
        String[] command = {"config", "plot-lr", conf};
        String[] arguments = Stream.of(command, more).flatMap(Arrays::stream).toArray(String[]::new);
        return new Launcher(folder).run(arguments).succeeded().out().lines().toList();
    }

    /** The row of the chart, counted from the bottom, of the mark in a column; a column has one where rates are even. */
    private static int height(List<String> lines, int column) {
        for (int row = 0; row < 16; row++) {
            String line = lines.get(1 + row);
            if (line.length() > 11 + column && line.charAt(11 + column) == '*') {
                return 15 - row;
            }
        }
        throw new AssertionError("no mark in column " + column + " of\n" + String.join("\n", lines));
    }

    @Test
    void stepsAreDrawnInTheTerminalAndToAPicture() throws IOException {
        List<String> lines = plot(CONF, "--out", "lr.png");
        // tiny.conf: 4 epochs, a milestone after 2.
        assertThat(lines.get(0)).isEqualTo("learning rate of tiny: sgd, step, 4 epochs");
        assertThat(lines).contains("first 0.03, largest 0.03, last 0.003", "picture: lr.png");
        assertThat(lines.get(1)).startsWith("     0.03 |***");
        assertThat(height(lines, 0)).isEqualTo(15);
        assertThat(height(lines, 35)).isEqualTo(15);
        assertThat(height(lines, 36)).isEqualTo(2);
        assertThat(height(lines, 71)).isEqualTo(2);

        BufferedImage picture = ImageIO.read(folder.resolve("lr.png").toFile());
        assertThat(picture.getWidth()).isEqualTo(900);
        // The curve is high before the middle and low after it.
        assertThat(curve(picture, 200)).isLessThan(picture.getHeight() / 4);
        assertThat(curve(picture, 800)).isGreaterThan(picture.getHeight() * 3 / 4);
    }

    /** The highest pixel of the curve in a column: the bluish one. */
    private static int curve(BufferedImage picture, int x) {
        for (int y = 0; y < picture.getHeight(); y++) {
            Color color = new Color(picture.getRGB(x, y));
            if (color.getBlue() - color.getRed() > 60) {
                return y;
            }
        }
        throw new AssertionError("no curve at " + x);
    }

    @Test
    void aWarmupScalingAndAnOptimizerAreSettings() throws IOException {
        Path conf = folder.resolve("warm.conf");
        Files.writeString(conf, """
                data { type = photo-crops }
                optimizer { type = adamw, learning-rate = 0.256 }
                train { epochs = 40, batch-size = 512 }
                schedule {
                  type = cosine, reference-batch = 256, floor = 0.1, floor-is = share
                  warmup { from = 0 }
                }
                """);
        List<String> lines = plot(conf.toString());
        assertThat(lines.get(0)).contains("adamw, cosine, 40 epochs");
        // Before a quarter of the way it rises from 0, after it falls to a tenth of 2 * 0.256.
        assertThat(height(lines, 0)).isLessThan(3);
        assertThat(height(lines, 17)).isEqualTo(15);
        assertThat(height(lines, 71)).isBetween(1, 2);
        assertThat(lines).anySatisfy(line -> assertThat(line).startsWith("first 0, largest 0.4"));
    }

    @Test
    void aTrainingOfOneStepIsDrawn() {
        assertThat(plot(CONF, "train.epochs=1", "--batches", "1", "--out", "one.png"))
                .contains("first 0.03, largest 0.03, last 0.03", "picture: one.png");
        assertThat(folder.resolve("one.png")).isNotEmptyFile();
    }

    @Test
    void mistakesAreOneSentence() {
        Launcher launcher = new Launcher(folder);
        launcher.run("config", "plot-lr", CONF, "--batches", "0").failed(2, "--batches must be at least 1");
        launcher.run("config", "plot-lr", CONF, "schedule.typ=cosine").failed(2, "schedule.typ");
        launcher.run("config", "plot-lr", CONF, "schedule.warmup={}")
                .failed(2, "schedule.resume = keep (the default) must be base where there is a warmup");
        launcher.run("config", "plot-lr", CONF, "--out", "none/lr.png")
                .failed(1, "Cannot write the picture none/lr.png");
        launcher.run("config", "plot-lr").failed(2, "CONF");
        launcher.run("config").failed(2, "CONF");
    }
}
