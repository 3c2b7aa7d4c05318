package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataPackTest {
    private static final Path PHOTOS = Launcher.HOME.resolve("src/main/resources/io/contrast4j/data/photos");

    @TempDir
    Path folder;

    private void photo(String from, String to) throws IOException {
        Files.createDirectories(folder.resolve(to).getParent());
        Files.copy(PHOTOS.resolve(from + ".jpg"), folder.resolve(to));
    }

    @Test
    void aFolderIsPackedVerifiedAndTrainedOn() throws IOException {
        for (int i = 0; i < 4; i++) {
            photo("chelsea", "pictures/cat/" + i + ".jpg");
            photo("rocket", "pictures/rocket/" + i + ".jpg");
        }
        Launcher launcher = new Launcher(folder);
        Launcher.Result packed =
                launcher.run("data", "pack", "pictures", "all.pack", "--verify").succeeded();
        assertThat(packed.out().lines())
                .containsExactly("all.pack: 8 pictures of 2 classes", "verified: all 8 pictures can be read");
        assertThat(packed.err()).doesNotContain("\r", "\033");

        launcher.run("data", "pack", "pictures", "all.pack")
                .failed(2, "contrast4j: all.pack is there already; choose another name, or replace it with --force.");

        Launcher.Result trained = launcher.run(
                        "train",
                        Launcher.conf("tiny.conf").toString(),
                        "data=null",
                        "data={ type = packed, train = all.pack, test = all.pack, load-side = 48 }",
                        "train.epochs=1")
                .succeeded();
        assertThat(trained.err()).contains("8 training pictures, 8 test pictures, 2 classes");

        Files.write(folder.resolve("pictures/cat/2.jpg"), new byte[] {(byte) 0xFF, (byte) 0xD8, 1});
        launcher.run("data", "pack", "pictures", "all.pack", "--verify", "--force")
                .failed(
                        1,
                        "all.pack: cat/2.jpg: ",
                        "1 of 8 pictures in all.pack cannot be read; repair them in pictures and pack it again.");
        launcher.run("data", "pack", "nowhere", "new.pack").failed(2, "There is no folder nowhere");
    }
}
