package io.contrast4j.data;

import io.contrast4j.image.Mats;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.bytedeco.opencv.global.opencv_imgcodecs;

/** Picture files for tests. */
public final class Pictures {
    private Pictures() {}

    /** Writes noise of its own for each seed; the extension of the file says in which format. */
    public static Path write(Path file, int height, int width, int seed) {
        byte[] bytes = new byte[height * width * 3];
        new Random(seed).nextBytes(bytes);
        try (Scope scope = Scope.open()) {
            Files.createDirectories(file.getParent());
            opencv_imgcodecs.imwrite(file.toString(), Mats.rgb(height, width, bytes));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Cuts off the second half of a file. */
    public static void truncate(Path file) {
        try {
            byte[] content = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(content, content.length / 2));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
