package io.contrast4j.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

@Command(
        name = "model",
        description = "Lists the encoders and shows what they consist of.",
        mixinStandardHelpOptions = true,
        subcommands = {ModelListCommand.class, ModelShowCommand.class, CommandLine.HelpCommand.class},
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j model list",
            "  contrast4j model show resnet depth=18 width=0.5 --input 1x224x224",
            "  contrast4j model show conf/quickstart.conf"
        })
final class ModelCommand implements Runnable {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(Objects.requireNonNull(spec).commandLine(), "Which command?");
    }
}
