package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
    @Mixin
    private Conf conf = new Conf();

    @Option(
            names = "--resume",
            description =
                    "Goes on with the latest run of this name, from its last checkpoint; starts one if there is none.")
    private boolean resume;

    @Override
    public Integer call() {
        ConfigFile file = conf.load();
        RunConfig config = file.bind(RunConfig.class);
        try (Run run = new Run(config, file.render(RunConfig.class), resume)) {
            return run.train() ? 0 : Interrupt.INTERRUPTED;
        }
    }
}
