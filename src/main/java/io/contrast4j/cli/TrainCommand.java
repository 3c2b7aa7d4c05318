package io.contrast4j.cli;

import io.contrast4j.checkpoint.Pretrained;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.config.InvalidConfig;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
            "  contrast4j train conf/quickstart.conf --resume auto",
            "  contrast4j train conf/quickstart.conf train.epochs=20 --resume auto --allow-change train.epochs"
        })
final class TrainCommand implements Callable<Integer> {
    @Mixin
    private Conf conf = new Conf();

    @Option(
            names = "--resume",
            paramLabel = "auto|RUN|FILE",
            arity = "0..1",
            parameterConsumer = ResumeArgument.class,
            description = {
                "Goes on with a run from its newest undamaged checkpoint: auto (also if nothing is said) with the latest run of"
                        + " this name, or a new one if there is none; RUN, with that of this folder.",
                "FILE: a new run branches off from this checkpoint."
            })
    private @Nullable String resume;

    @Option(
            names = "--allow-change",
            paramLabel = "KEY",
            split = ",",
            description =
                    "Keys or groups of keys in which the configuration may differ from that of the run that goes on,"
                            + " such as train.epochs,eval.")
    private List<String> allowed = List.of();

    @Override
    public Integer call() {
        ConfigFile file = conf.load();
        Resume from = resume == null ? new Resume.Nothing() : Resume.from(resume);
        // The file that a run took its first weights from may have gone when it goes on from a checkpoint of its own.
        RunConfig config = takesUp(file, from)
                ? file.bind(RunConfig.class, reader -> !(reader instanceof Pretrained))
                : file.bind(RunConfig.class);
        try (Run run = new Run(config, file.render(RunConfig.class), from, new AllowedChanges(allowed))) {
            return run.train() ? 0 : Interrupt.INTERRUPTED;
        }
    }

    private static boolean takesUp(ConfigFile file, Resume from) {
        try {
            return from.takesUp(file.bindWithoutFiles(RunConfig.class));
        } catch (InvalidConfig wrong) {
            // It is said when the whole is bound, with what is wrong with files.
            return false;
        }
    }
}
