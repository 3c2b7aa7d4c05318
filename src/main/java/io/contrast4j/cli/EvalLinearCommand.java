package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.spec.UserError;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "linear",
        description = {
            "Trains linear classifiers on a frozen model, one for each output and learning rate, all in one pass.",
            "A model alone is judged in seconds, on features that are computed once; conf/linear has the published protocols."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j eval linear runs/quickstart/TIME",
            "  contrast4j eval linear conf/linear/moco-lincls.conf model.path=checkpoints/moco_v2.pth.tar data.path=DIR",
            "  contrast4j eval linear conf/linear/selfcon-cifar10.conf model.path=RUN --resume"
        })
final class EvalLinearCommand implements Callable<Integer> {
    @Mixin
    private final Judged judged = new Judged();

    @Option(
            names = "--resume",
            description =
                    "Goes on with the latest evaluation of this name, which was interrupted, or begins a new one.")
    private boolean resume;

    @Override
    public Integer call() {
        ConfigFile file = judged.load();
        EvalConfig config = file.bind(EvalConfig.class);
        Path parent = config.out().resolve(config.name());
        Optional<RunFolder> earlier = resume ? RunFolder.latest(parent).filter(LinearRun::canGoOn) : Optional.empty();
        try (Interrupt interrupt = Interrupt.install();
                Subject subject = Subject.open(config);
                LinearRun run = new LinearRun(config, file, subject, earlier, Interrupt::inProgress)) {
            if (!run.train()) {
                return Interrupt.INTERRUPTED;
            }
            run.complete();
            return 0;
        } catch (CancellationException stopped) {
            throw new UserError(Interrupt.INTERRUPTED, "interrupted before the first epoch.", stopped);
        }
    }
}
