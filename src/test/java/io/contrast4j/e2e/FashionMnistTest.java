package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 70,000 real pictures, where Debian's package dataset-fashion-mnist is installed. */
class FashionMnistTest {
    private static final String CONF =
            Launcher.HOME.resolve("conf/fashion-mnist.conf").toString();

    @TempDir
    Path folder;

    @BeforeEach
    void installed() {
        Path pictures = Path.of("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz");
        assumeTrue(Files.exists(pictures), "no " + pictures + ": install the package dataset-fashion-mnist");
    }

    @Test
    void itsConfigurationReadsIt() {
        Launcher launcher = new Launcher(folder);
        launcher.run("data", "preview", CONF, "--samples=2").succeeded();
        Launcher.Result result =
                launcher.run("data", "inspect", CONF, "--samples=500").succeeded();
        assertThat(result.out())
                .contains("train: 60000 pictures in 10 classes", "test: 10000 pictures in 10 classes", "ankle boot");
    }

    @Test
    @Tag("slow")
    void trainingBeatsRandomWeights() {
        new Launcher(folder)
                .run(new ProcessBuilder(
                        Launcher.HOME.resolve("tools/contrast4j").toString(), "train", CONF))
                .succeeded();
        List<JsonObject> metrics =
                RunFiles.only(folder.resolve("runs"), "fashion-mnist").metrics();
        JsonObject last = metrics.get(metrics.size() - 1);
        assertThat(last.get("eval.trained.linear").getAsDouble())
                .isGreaterThan(last.get("eval.random_weights.linear").getAsDouble());
        assertThat(last.get("eval.trained.knn").getAsDouble())
                .isGreaterThan(last.get("eval.random_weights.knn").getAsDouble() + 5);
    }
}
