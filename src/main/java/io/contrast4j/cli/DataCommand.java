package io.contrast4j.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

@Command(
        name = "data",
        description = "Gets data sets, cuts them down and looks at them.",
        mixinStandardHelpOptions = true,
        subcommands = {
            DataDownloadCommand.class,
            DataSubsetCommand.class,
            DataInspectCommand.class,
            DataPreviewCommand.class,
            DataPackCommand.class,
            CommandLine.HelpCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j data download cifar-10 --to data",
            "  contrast4j data subset /data/imagenet data/imagenet-100 --classes imagenet-100",
            "  contrast4j data inspect data/imagenet-100 --samples 1000 --out sheet.png",
            "  contrast4j data preview conf/quickstart.conf",
            "  contrast4j data pack data/imagenet-100/train data/imagenet-100-train.pack"
        })
final class DataCommand implements Runnable {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(Objects.requireNonNull(spec).commandLine(), "Which command?");
    }
}
