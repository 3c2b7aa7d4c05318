package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "train",
        description = "Trains what a configuration describes, then evaluates it.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j train conf/quickstart.conf",
            "  contrast4j train conf/quickstart.conf objective.type=infonce seed=2",
            "  contrast4j train conf/quickstart.conf --resume"
        })
final class TrainCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "CONF", description = "The configuration, a HOCON file.")
    private Path conf = Path.of("");

    @Parameters(
            index = "1..*",
            paramLabel = "KEY=VALUE",
            description = "Overrides a key of the configuration; may be given many times.")
    private List<String> overrides = List.of();

    @Option(
            names = "--resume",
            description =
                    "Goes on with the latest run of this name, from its last checkpoint; starts one if there is none.")
    private boolean resume;

    @Override
    public Integer call() {
        ConfigFile file = ConfigFile.load(conf, overrides);
        RunConfig config = file.bind(RunConfig.class);
        try (Run run = new Run(config, file.render(RunConfig.class), resume)) {
            return run.train() ? 0 : Interrupt.INTERRUPTED;
        }
    }
}
