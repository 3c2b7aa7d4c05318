package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

@Command(
        name = "config",
        description = "Checks a configuration and prints every value with the place it comes from.",
        mixinStandardHelpOptions = true,
        subcommands = {ConfigPlotLrCommand.class, ConfigImportCommand.class},
        footerHeading = "%nExample:%n",
        footer = {
            "  contrast4j config conf/quickstart.conf train.epochs=3",
            "  contrast4j config plot-lr conf/quickstart.conf",
            "  contrast4j config import --from cmc \"train_CMC.py --model resnet50v1\""
        })
final class ConfigCommand implements Callable<Integer> {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    // As Conf has them, but not required, which they would be before the name of a subcommand, too.
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "CONF",
            description = "The configuration, a HOCON file or the name of a run that `contrast4j runs` lists.")
    private Optional<Path> conf = Optional.empty();

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "KEY=VALUE",
            description = "Overrides a key of the configuration; may be given many times.")
    private List<String> overrides = List.of();

    @Override
    public Integer call() {
        Path path = conf.orElseThrow(() -> new ParameterException(
                Objects.requireNonNull(spec).commandLine(), "Missing required parameter: 'CONF'"));
        Path found = ConfFolder.installed().resolve(path);
        Purpose.requireTraining(found);
        ConfigFile file = ConfigFile.load(found, overrides);
        System.out.print(file.renderWithSources(RunConfig.class));
        file.bind(RunConfig.class); // after the values, which are good to know also where the pictures are missing
        return 0;
    }
}
