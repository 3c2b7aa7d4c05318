package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

@Command(
        name = "step",
        description = {
            "Measures what it costs to watch a training: monitors, logs, meters and TensorBoard as they are configured.",
            "Every second step is logged, and compared with the one before it; waiting for data is left out. A checkpoint is"
                    + " measured by itself, and then steps behind which one is written. What is trained is thrown away."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  contrast4j bench step conf/quickstart.conf --seconds 90 2>/dev/null")
final class BenchStepCommand implements Callable<Integer> {
    /** Steps between two logs that no measurement reaches. */
    private static final int NEVER = 1_000_000;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Mixin
    private Conf conf = new Conf();

    @Mixin
    private BenchReport report = new BenchReport();

    @Option(names = "--seconds", defaultValue = "60", description = "How long to measure (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(
            names = "--paced",
            description = "For taking turns with another program: each step waits for a line on standard input, and is"
                    + " answered by its milliseconds; nothing else is measured.")
    private boolean paced;

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        if (!(seconds > 0)) {
            throw new ParameterException(command, "--seconds " + seconds + " is too small; use a larger number");
        }
        report.check(command);
        Path folder = temporary();
        try {
            int logEvery = conf.load(List.of()).bind(RunConfig.class).train().logEvery();
            int interval = paced ? NEVER : StepBench.LOG_EVERY;
            // Longer than any measurement.
            ConfigFile file =
                    conf.load(List.of("out=" + folder, "train.epochs=1000000", "train.log-every=" + interval));
            RunConfig config = file.bind(RunConfig.class);
            try (Workplace place = Workplace.alone(config);
                    Run run = new Run(
                            config,
                            file.render(RunConfig.class),
                            new Resume.Nothing(),
                            new AllowedChanges(List.of()),
                            place)) {
                if (paced) {
                    run.paced(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)), System.out)
                            .run();
                } else {
                    print(config, run.stepsPerEpoch(), run.bench(logEvery).measure(seconds));
                }
            }
        } finally {
            delete(folder);
        }
        return 0;
    }

    private void print(RunConfig config, int steps, StepBench.Result result) {
        double checkpoint = result.checkpointMillis() / (steps * result.bareMillis());
        System.out.printf(
                "%s: batches of %d, LibTorch with %d threads%n",
                config.name(), config.train().batchSize(), torch.get_num_threads());
        System.out.printf(Locale.ROOT, "  a bare step      %9.2f ms%n", result.bareMillis());
        System.out.printf(Locale.ROOT, "  watched, adds    %9.2f ms%n", result.plainMillis());
        System.out.printf(
                Locale.ROOT,
                "  logged, adds     %9.2f ms (median of %d pairs of steps; middle half %.2f to %.2f ms)%n",
                result.logged(0.5),
                result.loggedMillis().size(),
                result.logged(0.25),
                result.logged(0.75));
        System.out.printf(
                Locale.ROOT,
                "  so watching adds %9.2f %% with train.log-every = %d%n",
                100 * result.overhead(),
                result.logEvery());
        System.out.printf(
                Locale.ROOT,
                "  a checkpoint     %9.2f ms, %.2f %% of an epoch of %d steps%n",
                result.checkpointMillis(),
                100 * checkpoint,
                steps);
        System.out.printf(
                Locale.ROOT,
                "  and writing it   %9.2f ms, spread over the steps meanwhile (median of %d pairs of %d steps; middle half %.2f"
                        + " to %.2f ms)%n",
                result.written(0.5),
                result.writtenMillis().size(),
                StepBench.BLOCK,
                result.written(0.25),
                result.written(0.75));
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("bare_ms", result.bareMillis());
        figures.put("watched_ms", result.plainMillis());
        figures.put("logged_ms", result.logged(0.5));
        figures.put("overhead", result.overhead());
        figures.put("checkpoint_ms", result.checkpointMillis());
        figures.put("checkpoint_share", checkpoint);
        figures.put("checkpoint_written_ms", result.written(0.5));
        report.write(figures);
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("contrast4j-bench");
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "There is no room for a temporary folder (" + Reasons.of(failed) + "); choose another one with"
                            + " CONTRAST4J_JAVA_ARGS=-Djava.io.tmpdir=DIR.",
                    failed);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException left) {
            System.err.println(folder + " could not be removed (" + Reasons.of(left) + ")");
        }
    }
}
