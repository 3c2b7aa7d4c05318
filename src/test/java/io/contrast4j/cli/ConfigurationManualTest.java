package io.contrast4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.config.ConfigReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The configuration's reference: complete, and the same in the code as in the documentation. */
class ConfigurationManualTest {
    private static final Path MANUAL = Path.of(System.getProperty("contrast4j.home", "."), "docs", "configuration.md");

    private final ConfigReference reference = ConfigReference.of(RunConfig.class, others(), ConfigFile.REFERENCE);

    /** In the order of the manual. */
    private static Map<String, Class<? extends Record>> others() {
        Map<String, Class<? extends Record>> others = new LinkedHashMap<>();
        others.put("Evaluations", EvalConfig.class);
        others.put("Sweeps", SweepConfig.class);
        return others;
    }

    @Test
    void everyKeyHasADefaultAndAComment() {
        assertThat(reference.gaps()).isEmpty();
    }

    @Test
    void theManualInTheDocumentationIsUpToDate() throws IOException {
        if (Boolean.getBoolean("contrast4j.regenerate")) {
            Files.createDirectories(MANUAL.getParent());
            Files.writeString(MANUAL, reference.markdown());
        }
        assertThat(Files.exists(MANUAL) ? Files.readString(MANUAL) : "")
                .as("docs/configuration.md differs from reference.conf and the records; write it anew with"
                        + " mvn test -Dtest=ConfigurationManualTest -Dcontrast4j.regenerate=true")
                .isEqualTo(reference.markdown());
    }
}
