package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Parameters;

/** The arguments of every command that is about a configuration. */
final class Conf {
    @Parameters(
            index = "0",
            paramLabel = "CONF",
            description = "The configuration, a HOCON file or the name of a run that `contrast4j runs` lists.")
    private Path file = Path.of("");

    @Parameters(
            index = "1..*",
            paramLabel = "KEY=VALUE",
            description = "Overrides a key of the configuration; may be given many times.")
    private List<String> overrides = List.of();

    ConfigFile load() {
        return load(List.of());
    }

    /** @param more overrides that the command itself makes; they come last, and win */
    ConfigFile load(List<String> more) {
        List<String> all = new ArrayList<>(overrides);
        all.addAll(more);
        Path found = ConfFolder.installed().resolve(file);
        Purpose.requireTraining(found);
        return ConfigFile.load(found, all);
    }
}
