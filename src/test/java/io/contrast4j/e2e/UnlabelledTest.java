package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Learning from pictures without labels: the evaluation uses those that have one. */
class UnlabelledTest {
    private static final int PICTURE = 3 * 96 * 96;

    @TempDir
    Path folder;

    private void pictures(String name, int count) throws IOException {
        byte[] content = new byte[count * PICTURE];
        new Random(count).nextBytes(content);
        Files.write(folder.resolve(name), content);
    }

    @Test
    void theUnlabelledPartOfStl10IsEnough() throws IOException {
        pictures("unlabeled_X.bin", 16);
        pictures("train_X.bin", 6);
        pictures("test_X.bin", 4);
        Files.write(folder.resolve("train_y.bin"), new byte[] {1, 2, 1, 2, 1, 2});
        Files.write(folder.resolve("test_y.bin"), new byte[] {1, 2, 2, 2});
        Files.writeString(folder.resolve("class_names.txt"), "airplane\nbird\n");

        Launcher.Result result = new Launcher(folder)
                .run(
                        "train",
                        Launcher.conf("tiny.conf").toString(),
                        "data=null",
                        "data={ type = stl-10, path = ., part = unlabeled }",
                        "train.epochs=1")
                .succeeded();
        assertThat(result.err()).contains("16 training pictures, 4 test pictures, 2 classes");
        assertThat(result.out().lines()).anySatisfy(line -> assertThat(line).matches("chance( +75\\.0 %){2}"));
        assertThat(result.out().lines()).anySatisfy(line -> assertThat(line).matches("trained( +\\d+\\.\\d %){2}"));
    }
}
