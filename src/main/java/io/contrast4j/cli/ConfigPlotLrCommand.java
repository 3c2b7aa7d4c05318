package io.contrast4j.cli;

import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Scope;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

@Command(
        name = "plot-lr",
        description = {
            "Draws the learning rate of every step that a configuration would train.",
            "",
            "In the terminal, and with --out as a picture. No training picture is read, so the number of steps in an epoch is"
                    + " not known; only a warm-up depends on it."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j config plot-lr conf/quickstart.conf",
            "  contrast4j config plot-lr conf/quickstart.conf schedule.type=cosine --out lr.png"
        })
final class ConfigPlotLrCommand implements Callable<Integer> {
    /** A picture of 900 pixels shows no more. */
    private static final int MOST_STEPS = 10_000_000;

    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private Conf conf = new Conf();

    @Option(names = "--out", paramLabel = "PNG", description = "The picture that is written; none unless it is named.")
    private Optional<Path> out = Optional.empty();

    @Option(names = "--batches", paramLabel = "N", description = "Steps of an epoch (100).")
    private int batches = 100;

    @Override
    public Integer call() {
        RunConfig config = conf.load().bind(RunConfig.class);
        int epochs = config.train().epochs();
        if (batches < 1 || (long) batches * epochs > MOST_STEPS) {
            throw new ParameterException(
                    Objects.requireNonNull(spec).commandLine(),
                    "--batches must be at least 1, and at most " + MOST_STEPS / epochs + " with " + epochs
                            + " epochs.");
        }
        LearningRates rates = LearningRates.of(config, batches);
        String title = "learning rate of " + config.name() + ": " + name(config.optimizer()) + ", "
                + name(config.schedule()) + ", " + epochs + (epochs == 1 ? " epoch" : " epochs");
        System.out.println(title);
        rates.chart().forEach(System.out::println);
        System.out.println(rates.summary());
        out.ifPresent(file -> {
            try (Scope scope = Scope.open()) {
                rates.curve(title).write(file);
            }
            System.out.println("picture: " + file);
        });
        return 0;
    }

    private static String name(Object choice) {
        return choice.getClass().getAnnotation(TypeName.class).value();
    }
}
