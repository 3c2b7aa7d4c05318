package io.contrast4j.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 70,000 real pictures, where Debian's package dataset-fashion-mnist is installed. */
class FashionMnistTest {
    private static final String CONF =
            Launcher.HOME.resolve("conf/fashion-mnist/cmc.conf").toString();

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
}
