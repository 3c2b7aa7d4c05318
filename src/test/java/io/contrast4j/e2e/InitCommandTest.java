package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A new user's first commands on a folder of pictures. */
class InitCommandTest {
    private static final int USAGE = 2;

    @TempDir
    Path folder;

    @Test
    void aFolderOfPicturesBecomesAConfigurationAndIsNotReplaced() throws IOException {
        for (int i = 0; i < 24; i++) {
            Path file = folder.resolve("my pets/" + (i % 2 == 0 ? "cats" : "dogs") + "/" + i + ".png");
            Files.createDirectories(file.getParent());
            BufferedImage image = new BufferedImage(20, 16, BufferedImage.TYPE_INT_RGB);
            Random noise = new Random(i);
            for (int pixel = 0; pixel < 320; pixel++) {
                image.setRGB(pixel % 20, pixel / 20, noise.nextInt(1 << 24));
            }
            ImageIO.write(image, "png", file.toFile());
        }
        Launcher launcher = new Launcher(folder);
        Launcher.Result written =
                launcher.run("init", "my pets", "--device", "cpu").succeeded();
        assertThat(written.out())
                .contains("22 to learn from, 2 kept to test on, 2 classes", "contrast4j train my-pets.conf");
        assertThat(folder.resolve("my-pets.conf")).content().contains("name = my-pets", "Estimated on ", " of memory");
        assertThat(folder.resolve("my-pets.train.csv")).exists();

        String before = Files.readString(folder.resolve("my-pets.conf"));
        Launcher.Result refused = launcher.run("init", "my pets").failed(USAGE, "my-pets.conf is there already");
        assertThat(refused.complaints()).hasSize(1);
        assertThat(folder.resolve("my-pets.conf")).hasContent(before);
    }
}
