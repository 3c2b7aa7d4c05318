package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FingerprintTest {
    @TempDir
    Path folder;

    private Path pictures(String name, String first) throws IOException {
        Path root = folder.resolve(name);
        for (String picture : new String[] {"cat/" + first, "cat/b.png", "dog/c.png"}) {
            Path file = root.resolve(picture);
            Files.createDirectories(file.getParent());
            Files.write(file, new byte[10]);
        }
        return root;
    }

    private static Fingerprint of(Path root) {
        return Fingerprint.of(ImageFolder.open(root, ImageFolder.Choice.ALL));
    }

    @Test
    void aCopyElsewhereIsTheSameAndNamesSizesAndClassesCount() throws IOException {
        Path original = pictures("one", "a.png");
        Fingerprint print = of(original);
        assertThat(print.pictures()).isEqualTo(3);
        assertThat(print.classes()).isEqualTo(2);
        assertThat(of(pictures("deep/er/two", "a.png"))).isEqualTo(print);
        assertThat(of(pictures("three", "aa.png"))).isNotEqualTo(print);
        Path longer = pictures("four", "a.png");
        Files.write(longer.resolve("dog/c.png"), new byte[11]);
        assertThat(of(longer)).isNotEqualTo(print);
        Path renamed = pictures("five", "a.png");
        Files.move(renamed.resolve("dog"), renamed.resolve("wolf"));
        assertThat(of(renamed)).isNotEqualTo(print);
    }
}
