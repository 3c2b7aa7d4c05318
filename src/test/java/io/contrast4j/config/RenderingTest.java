package io.contrast4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both renderings of one configuration against golden files. */
class RenderingTest {
    private Folder folder;

    @BeforeEach
    void folder(@TempDir Path path) {
        folder = new Folder(path);
        folder.write(
                "include \"shared.conf\"",
                "data {",
                "  root = /data/images",
                "  transforms = [",
                "    { type = crop, size = 224 }",
                "    { type = some-of, transforms = [{ type = flip }] }",
                "  ]",
                "  views = [{ name = L }, { name = \"a b\", channels = [1, 2] }]",
                "  weights { all = null, \"a.b\" = 5e-1 }",
                "}",
                "ema { decay = 0.99 }");
        folder.also("shared.conf", "train {", "  epochs = 20", "}");
    }

    @Test
    void asHocon() throws IOException {
        assertThat(folder.load("optimizer.schedule.type=constant").render(Example.class))
                .isEqualTo(golden("example-rendered.conf"));
    }

    @Test
    void withSources() throws IOException {
        String rendered = folder.load("optimizer.schedule.type=constant").renderWithSources(Example.class);
        assertThat(folder.relative(rendered)).isEqualTo(golden("example-sources.txt"));
    }

    @Test
    void onlyWhatBindsIsRendered() {
        folder.write("sede = 1");
        assertThatThrownBy(() -> folder.load().render(Example.class)).isInstanceOf(InvalidConfig.class);
        assertThatThrownBy(() -> folder.load().renderWithSources(Example.class)).isInstanceOf(InvalidConfig.class);
    }

    static String golden(String name) throws IOException {
        try (InputStream in = RenderingTest.class.getResourceAsStream("/config/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
