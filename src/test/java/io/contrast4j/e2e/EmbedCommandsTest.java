package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code embed}, {@code neighbours} and {@code index} as a user starts them, on a run that has just been trained. */
class EmbedCommandsTest {
    private static final int FAILED = 1;
    private static final int USAGE = 2;

    @TempDir
    Path folder;

    private Path photos() throws IOException {
        Path photos = Files.createDirectories(folder.resolve("photos/cats")).getParent();
        for (String name : List.of("astronaut", "coffee", "ihc", "retina", "rocket", "cats/chelsea")) {
            String file = name.substring(name.indexOf('/') + 1) + ".jpg";
            try (InputStream in = EmbedCommandsTest.class.getResourceAsStream("/io/contrast4j/data/photos/" + file)) {
                Files.copy(in, photos.resolve(name + ".jpg"));
            }
        }
        return photos;
    }

    private void itIsMeasuredWhatEmbedderAdds(Launcher launcher, String run) {
        Launcher.Result result = launcher.run(
                        "bench", "embed", run, "--pictures", "3", "--batch", "2", "--rounds", "1", "--json", "e.json")
                .succeeded();
        assertThat(result.out())
                .contains("3 in 2 batches", "views of 32 pixels")
                .containsPattern("a picture +reading \\d+\\.\\d\\d \\+ preprocessing .* adds [+-]\\d");
        JsonObject json =
                JsonParser.parseString(Launcher.read(folder.resolve("e.json"))).getAsJsonObject();
        JsonObject single = json.getAsJsonObject("single");
        double parts = 0;
        for (String part : List.of("read", "prepare", "forward")) {
            assertThat(single.getAsJsonObject("parts").get(part).getAsDouble())
                    .as(part)
                    .isPositive();
            parts += single.getAsJsonObject("parts").get(part).getAsDouble();
        }
        assertThat(single.get("direct").getAsDouble()).isBetween(parts / 3, parts * 3);
        JsonObject whole = json.getAsJsonObject("folder");
        assertThat(whole.get("ratio").getAsDouble())
                .isCloseTo(
                        whole.get("folder").getAsDouble() / whole.get("forward").getAsDouble(), within(1e-9));
    }

    @Test
    void aRunEmbedsAFolderAndFindsNeighbours() throws IOException {
        Launcher launcher = new Launcher(folder);
        launcher.run("train", Launcher.conf("tiny.conf").toString(), "train.epochs=1")
                .succeeded();
        String run = RunFiles.only(folder.resolve("runs"), "tiny").path().toString();
        itIsMeasuredWhatEmbedderAdds(launcher, run);
        Path photos = photos();

        Files.writeString(photos.resolve("bad.jpg"), "no picture");
        launcher.run("embed", run, "photos", "--out", "y.npy").failed(FAILED, "bad.jpg", "use --skip-unreadable");
        assertThat(folder.resolve("y.npy")).doesNotExist();
        Launcher.Result some = launcher.run(
                        "embed",
                        run,
                        "photos",
                        "--out",
                        "y.npy",
                        "--skip-unreadable",
                        "--output",
                        "embedding",
                        "--views",
                        "l")
                .succeeded();
        assertThat(some.out()).isEqualTo("y.npy: 6 × 16, names in y.files.txt; left out: 1\n");
        assertThat(some.err()).contains("model: a run of contrast4j, embedding of 16 numbers", "7 of 7 pictures");
        assertThat(some.complaints()).singleElement().asString().contains("bad.jpg");
        assertThat(Files.readAllLines(folder.resolve("y.files.txt")))
                .containsExactly(
                        "astronaut.jpg", "coffee.jpg", "ihc.jpg", "retina.jpg", "rocket.jpg", "cats/chelsea.jpg");

        String query = photos.resolve("coffee.jpg").toString();
        Launcher.Result exact = launcher.run("neighbours", run, "photos", "--query", query, "-k", "3")
                .succeeded();
        assertThat(exact.out().lines()).hasSize(5).last().isEqualTo("sheet: neighbours.png");
        assertThat(names(exact.out())).hasSize(3).doesNotHaveDuplicates().doesNotContain("coffee.jpg");
        assertThat(Files.size(folder.resolve("neighbours.png"))).isGreaterThan(10_000);

        Launcher.Result built =
                launcher.run("index", "build", run, "photos", "--index", "ix").succeeded();
        assertThat(built.out())
                .contains("ix: 6 pictures; 6 new, 0 changed, 0 removed, 0 as they were; left out: 1\n")
                .contains("recall of the 5 nearest, against all compared: 1.0000 (6 queries)");
        Launcher.Result found = launcher.run(
                        "index", "search", run, "ix", "--query", query, "-k", "4", "--sheet", "s.png")
                .succeeded();
        // The query itself is in the index; the others are those of the exact search.
        assertThat(names(found.out()))
                .startsWith("coffee.jpg")
                .endsWith(names(exact.out()).toArray(new String[0]));
        assertThat(folder.resolve("s.png")).exists();

        Path none = Files.createDirectories(folder.resolve("none"));
        Files.writeString(none.resolve("bad.jpg"), "no picture");
        launcher.run("index", "build", run, "none", "--index", "of-none")
                .failed(FAILED, "None of the pictures in none can be read");
    }

    private static List<String> names(String table) {
        Matcher row = Pattern.compile("(?m)^ +\\d+ +-?[\\d.]+  (.+)$").matcher(table);
        return row.results().map(result -> result.group(1)).toList();
    }

    @Test
    void mistakesAreNamed() throws IOException {
        Launcher launcher = new Launcher(folder);
        photos();
        launcher.run("embed", "none.pth", "photos", "--out", "x.npy").failed(USAGE, "There is no model none.pth");
        launcher.run("embed", "none.pth", "photos", "--out", "x.parquet").failed(USAGE, "must end in .npy, .csv");
        launcher.run("neighbours", "none.pth", "nowhere", "--query", "a.jpg")
                .failed(USAGE, "There is no folder nowhere");
        Files.writeString(folder.resolve("x.npy"), "");
        launcher.run("embed", "none.pth", "photos", "--out", "x.npy")
                .failed(USAGE, "x.npy is there already", "--force");
    }
}
