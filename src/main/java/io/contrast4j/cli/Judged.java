package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Parameters;

/** The arguments of every evaluation: what is judged, and on what. */
final class Judged {
    @Parameters(
            index = "0",
            paramLabel = "CONF|MODEL",
            description = {
                "A configuration, whose name ends in .conf, or a model: a run's folder, a checkpoint or safetensors.",
                "A model that is of a run is judged on the data of the run; for others say data.type and the like."
            })
    private Path subject = Path.of("");

    @Parameters(
            index = "1..*",
            paramLabel = "KEY=VALUE",
            description = "Overrides a key of the configuration; may be given many times.")
    private List<String> overrides = List.of();

    ConfigFile load() {
        return EvalConfig.file(subject, overrides);
    }
}
