package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchTest {
    @TempDir
    Path folder;

    @Test
    void aTableAndAFileTellHowFastPicturesAreRead() {
        Launcher.Result result = new Launcher(folder)
                .run("bench", "data", "--seconds", "0.2", "--workers", "1,2", "--json", "bench.json")
                .succeeded();
        assertThat(result.out())
                .contains("machine ", "64 JPEGs of 500x375 pixels made for this, 53 kB each", "scaling");
        JsonObject json = JsonParser.parseString(Launcher.read(folder.resolve("bench.json")))
                .getAsJsonObject();
        List<JsonElement> rows = json.getAsJsonArray("rows").asList();
        assertThat(rows).hasSizeGreaterThanOrEqualTo(6).allSatisfy(element -> {
            JsonObject row = element.getAsJsonObject();
            assertThat(row.get("imagesPerSecond").getAsDouble()).isPositive();
            assertThat(row.get("cpuMillis").getAsDouble()).isBetween(0.05, 1000.0);
            assertThat(result.out()).contains(row.get("pipeline").getAsString());
            if (row.get("pipeline").getAsString().equals("bare decoding")) {
                assertThat(row.get("ofDecoding").getAsDouble()).isEqualTo(1);
            }
            if (row.get("workers").getAsInt() == 1) {
                assertThat(row.get("scaling").getAsDouble()).isEqualTo(1);
            }
        });
        assertThat(result.err()).isEmpty();
    }

    @Test
    void picturesOfOnesOwnAreRead() throws IOException {
        Path photos = Launcher.HOME.resolve("src/main/resources/io/contrast4j/data/photos");
        Launcher.Result result = new Launcher(folder)
                .run("bench", "data", photos.toString(), "--seconds", "0.1", "--workers", "1")
                .succeeded();
        assertThat(result.out()).contains("7 pictures in " + photos);

        Path damaged = Files.createDirectories(folder.resolve("damaged"));
        Files.writeString(damaged.resolve("a.jpg"), "no picture");
        new Launcher(folder).run("bench", "data", "damaged", "--seconds", "0.1").failed(1, "a.jpg");
    }

    @Test
    void whatCannotBeMeasuredIsSaid() throws IOException {
        Files.createDirectories(folder.resolve("empty"));
        new Launcher(folder).run("bench").failed(2, "Measure what?");
        new Launcher(folder).run("bench", "data", "absent").failed(2, "no folder absent");
        new Launcher(folder).run("bench", "data", "empty").failed(2, "no pictures in empty");
        new Launcher(folder).run("bench", "data", "--workers", "0").failed(2, "--workers");
        new Launcher(folder).run("bench", "data", "--seconds", "0").failed(2, "--seconds");
    }
}
