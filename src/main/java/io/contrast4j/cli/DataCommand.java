package io.contrast4j.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

@Command(
        name = "data",
        description = "Prepares data sets.",
        mixinStandardHelpOptions = true,
        subcommands = {DataPackCommand.class},
        synopsisSubcommandLabel = "COMMAND")
final class DataCommand implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(Objects.requireNonNull(spec).commandLine(), "Which command of data?");
    }
}
