package io.contrast4j.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

@Command(
        name = "eval",
        description = "Judges trained models on labelled pictures.",
        mixinStandardHelpOptions = true,
        subcommands = {
            EvalLinearCommand.class,
            EvalClassifierCommand.class,
            EvalFinetuneCommand.class,
            EvalKnnCommand.class,
            EvalMetricsCommand.class,
            EvalRetrievalCommand.class,
            CommandLine.HelpCommand.class
        },
        synopsisSubcommandLabel = "PROTOCOL",
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j eval linear runs/quickstart/TIME",
            "  contrast4j eval knn runs/quickstart/TIME",
            "  contrast4j eval knn checkpoints/moco_v2_800ep_pretrain.pth.tar data.type=image-folder data.path=DIR",
            "  contrast4j eval knn conf/eval/knn.conf model.path=runs/quickstart/TIME"
        })
final class EvalCommand implements Runnable {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(Objects.requireNonNull(spec).commandLine(), "Which protocol?");
    }
}
