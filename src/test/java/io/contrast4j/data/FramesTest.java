package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The data set of docs/extending.md. */
class FramesTest implements DatasetKit {
    private static final int SIDE = 5;

    @TempDir
    Path folder;

    /** Frame i is of class i mod 2, and its pixel p is 10·i + p. */
    @BeforeEach
    void write() throws IOException {
        Files.writeString(folder.resolve("classes.txt"), "still\nmoving\n");
        for (String name : new String[] {"train.frames", "test.frames"}) {
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            for (int frame = 0; frame < 4; frame++) {
                frames.write(frame % 2);
                for (int pixel = 0; pixel < SIDE * SIDE; pixel++) {
                    frames.write(10 * frame + pixel);
                }
            }
            Files.write(folder.resolve(name), frames.toByteArray());
        }
    }

    private Frames.Config config() {
        return new Frames.Config(folder, SIDE);
    }

    @Override
    public Dataset open() {
        return config().openTrain();
    }

    @Test
    void pixelsAreWhereTheyAreWritten() throws IOException {
        Dataset test = config().openTest();
        assertThat(test.classes()).containsExactly("still", "moving");
        try (Scope scope = Scope.open()) {
            Mat rgb = test.read(3).rgb();
            byte[] values = new byte[SIDE * SIDE * 3];
            rgb.data().get(values);
            // Row 2, column 1, blue.
            assertThat(values[(2 * SIDE + 1) * 3 + 2]).isEqualTo((byte) (30 + 2 * SIDE + 1));
        }
    }

    @Test
    void damageIsNamed() throws IOException {
        Files.write(folder.resolve("train.frames"), new byte[27]);
        assertThatThrownBy(() -> config().openTrain())
                .isInstanceOf(UserError.class)
                .hasMessageContaining("it has 27 bytes, and a frame takes 26");
        byte[] wrongClass = new byte[26];
        wrongClass[0] = 2;
        Files.write(folder.resolve("train.frames"), wrongClass);
        assertThatThrownBy(() -> config().openTrain()).hasMessageContaining("frame 0 has the class 2");
        Files.delete(folder.resolve("classes.txt"));
        assertThat(config().missing().found()).hasSize(1);
    }
}
