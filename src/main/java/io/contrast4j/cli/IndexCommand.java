package io.contrast4j.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

@Command(
        name = "index",
        description = "Keeps the vectors of a folder's pictures on disk, and finds the most similar ones quickly.",
        mixinStandardHelpOptions = true,
        subcommands = {IndexBuildCommand.class, IndexSearchCommand.class, CommandLine.HelpCommand.class},
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j index build RUN photos --index photos.index",
            "  contrast4j index search RUN photos.index --query cat.jpg"
        })
final class IndexCommand implements Runnable {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(Objects.requireNonNull(spec).commandLine(), "Which command?");
    }
}
