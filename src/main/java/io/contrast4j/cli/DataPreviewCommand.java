package io.contrast4j.cli;

import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.data.Preview;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

@Command(
        name = "preview",
        description = {
            "Draws what the networks will see.",
            "",
            "A row for each of the first pictures of an epoch: the picture, every view of it exactly as it is trained on,"
                    + " and the views it is evaluated by. One channel is shown in grey, two as red and green."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j data preview conf/quickstart.conf",
            "  contrast4j data preview conf/quickstart.conf views='${recipes.moco-v2}' eval.views='[]'"
        })
final class DataPreviewCommand implements Callable<Integer> {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private Conf conf = new Conf();

    @Option(names = "--out", paramLabel = "PNG", description = "The file that is written (preview.png).")
    private Path out = Path.of("preview.png");

    @Option(names = "--samples", paramLabel = "N", description = "Pictures that are shown (8).")
    private int samples = 8;

    @Option(names = "--epoch", paramLabel = "N", description = "Epoch whose views are shown, from 1 (1).")
    private int epoch = 1;

    @Override
    public Integer call() {
        if (samples < 1 || epoch < 1) {
            throw new ParameterException(
                    Objects.requireNonNull(spec).commandLine(),
                    (samples < 1 ? "--samples" : "--epoch") + " must be at least 1.");
        }
        RunConfig config = conf.load().bind(RunConfig.class);
        Dataset data = config.data().openTrain();
        int[] order = new EpochOrder.Shuffled(data.size(), Run.Stream.ORDER.of(config.seed())).indices(epoch - 1);
        Preview.write(
                data,
                config.views(),
                config.mixture(),
                Run.Stream.VIEWS.of(config.seed()),
                epoch - 1,
                Arrays.copyOf(order, Math.min(samples, order.length)),
                out);
        System.out.println("preview: " + out);
        return 0;
    }
}
