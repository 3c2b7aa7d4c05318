package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "config",
        description = "Checks a configuration and prints every value with the place it comes from.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  contrast4j config conf/quickstart.conf train.epochs=3")
final class ConfigCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "CONF", description = "The configuration, a HOCON file.")
    private Path conf = Path.of("");

    @Parameters(
            index = "1..*",
            paramLabel = "KEY=VALUE",
            description = "Overrides a key of the configuration; may be given many times.")
    private List<String> overrides = List.of();

    @Override
    public Integer call() {
        ConfigFile file = ConfigFile.load(conf, overrides);
        System.out.print(file.renderWithSources(RunConfig.class));
        file.bind(RunConfig.class); // after the values, which are good to know also where the pictures are missing
        return 0;
    }
}
