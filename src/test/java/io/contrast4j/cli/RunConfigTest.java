package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class RunConfigTest {
    private static final Path CONF =
            Path.of(System.getProperty("contrast4j.home", ".")).resolve("conf");

    @TestFactory
    Stream<DynamicTest> everyFileInConfIsValid() throws IOException {
        try (Stream<Path> files = Files.walk(CONF)) {
            return files.filter(file -> file.toString().endsWith(".conf")).sorted().toList().stream()
                    .map(file -> DynamicTest.dynamicTest(
                            CONF.relativize(file).toString(),
                            () -> assertThat(ConfigFile.load(file, List.of()).bind(RunConfig.class))
                                    .isNotNull()));
        }
    }

    @Test
    void whatTheEvaluationCannotFindIsSaidBeforeTheTraining() {
        List<String> overrides = List.of("eval.views=[l, hue]", "eval.tap=layer9", "device=gpu");
        ConfigFile file = ConfigFile.load(CONF.resolve("quickstart.conf"), overrides);
        assertThatThrownBy(() -> file.bind(RunConfig.class))
                .isInstanceOfSatisfying(
                        UserError.class, error -> assertThat(error.exitCode()).isEqualTo(UserError.USAGE))
                .hasMessageContaining("command line: device = \"gpu\" must be auto, cpu, cuda or cuda:N")
                .hasMessageContaining("command line: eval.views = [l, hue] must be out of the views [l, ab]")
                .hasMessageContaining(
                        "command line: eval.tap = layer9 must be one of the encoder's layers [input, stem,");
    }
}
