package io.contrast4j.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

@Command(
        name = "bench",
        description = "Measures how fast this machine is.",
        mixinStandardHelpOptions = true,
        subcommands = {
            BenchDataCommand.class,
            BenchDistCommand.class,
            BenchEmbedCommand.class,
            BenchKnnCommand.class,
            BenchLinearCommand.class,
            BenchLossCommand.class,
            BenchModelCommand.class,
            BenchStepCommand.class,
            CommandLine.HelpCommand.class
        },
        synopsisSubcommandLabel = "WHAT")
final class BenchCommand implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(Objects.requireNonNull(spec).commandLine(), "Measure what?");
    }
}
