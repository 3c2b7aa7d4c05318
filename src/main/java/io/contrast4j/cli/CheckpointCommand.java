package io.contrast4j.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

@Command(
        name = "checkpoint",
        description =
                "Looks into checkpoints of contrast4j and of PyTorch, compares, checks, converts and fetches them.",
        mixinStandardHelpOptions = true,
        subcommands = {
            CheckpointInspectCommand.class,
            CheckpointConvertCommand.class,
            CheckpointDiffCommand.class,
            CheckpointVerifyCommand.class,
            CheckpointFetchCommand.class,
            CommandLine.HelpCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j checkpoint fetch moco-v2-800",
            "  contrast4j checkpoint inspect checkpoints/moco_v2_800ep_pretrain.pth.tar",
            "  contrast4j checkpoint convert moco.pth.tar resnet50.pth --to torchvision",
            "  contrast4j checkpoint diff epoch-9.pth epoch-10.pth",
            "  contrast4j checkpoint verify runs/*/*/checkpoints/*.pth"
        })
final class CheckpointCommand implements Runnable {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(Objects.requireNonNull(spec).commandLine(), "Which command?");
    }
}
