package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The nearest neighbours of the pixels of all of Fashion-MNIST against those of scikit-learn 1.9.1. */
@Tag("slow")
class FashionMnistNeighboursTest {
    /** {@code KNeighborsClassifier(k, metric="euclidean", algorithm="brute")} on values of 0 to 1: accuracy in percent. */
    private static final Map<Integer, Double> SCIKIT_LEARN =
            Map.of(1, 84.97, 5, 85.54, 10, 85.15, 20, 84.15, 200, 80.11);

    @TempDir
    Path folder;

    @Test
    void theyVoteAsTheirs() throws IOException {
        Assumptions.assumeTrue(
                Files.isDirectory(Path.of("/usr/share/datasets/fashion-mnist")),
                "Debian's package dataset-fashion-mnist is not installed");
        new Launcher(folder)
                .run(
                        "eval",
                        "knn",
                        Launcher.HOME.resolve("conf/eval/knn.conf").toString(),
                        "knn.metric=euclidean",
                        "knn.votes=uniform")
                .succeeded();
        try (Stream<Path> runs = Files.list(folder.resolve("runs/eval-knn"))) {
            JsonArray rows = JsonParser.parseString(
                            Launcher.read(runs.findFirst().orElseThrow().resolve("results.json")))
                    .getAsJsonObject()
                    .getAsJsonArray("knn");
            assertThat(rows)
                    .hasSize(SCIKIT_LEARN.size())
                    .allSatisfy(element -> assertThat(
                                    element.getAsJsonObject().get("top1").getAsDouble())
                            .isCloseTo(
                                    SCIKIT_LEARN.get(
                                            element.getAsJsonObject().get("k").getAsInt()),
                                    within(0.2)));
        }
    }
}
