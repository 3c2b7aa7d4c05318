package io.contrast4j.cli;

import io.contrast4j.dist.Distributed;
import io.contrast4j.dist.Exchange;
import io.contrast4j.dist.Gradients;
import io.contrast4j.dist.Hosts;
import io.contrast4j.dist.Placement;
import io.contrast4j.dist.Ranks;
import io.contrast4j.nn.Backbone;
import io.contrast4j.tensor.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

@Command(
        name = "dist",
        description = {
            "Measures what it costs to train on several devices of this host: how fast gradients are summed over the ranks,"
                    + " and how much of that hides behind the backward pass.",
            "Steps are on noise; every rank has as much work as the one process it is compared with."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j bench dist",
            "  contrast4j bench dist --nproc-per-node 4 --batch 32 resnet width=0.5 --input 3x64x64"
        })
final class BenchDistCommand implements Callable<Integer> {
    private static final List<Long> SIZES = List.of(64L << 10, 1L << 20, 25L << 20);

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "NAME",
            defaultValue = "torchvision-resnet",
            description = "A type of encoder, as 'contrast4j model list' names them (default: ${DEFAULT-VALUE}).")
    private String name = "";

    @Parameters(
            index = "1..*",
            paramLabel = "KEY=VALUE",
            description = "Options of the encoder (default, without a NAME: depth=18 stem=cifar).")
    private List<String> options = new ArrayList<>();

    @Option(
            names = RankProcesses.OPTION,
            paramLabel = "N",
            defaultValue = "2",
            description = "Processes (default: ${DEFAULT-VALUE}).")
    private int processes;

    @Option(
            names = "--input",
            paramLabel = "CxHxW",
            defaultValue = "3x32x32",
            converter = PictureShape.Converter.class,
            description = "Channels, height and width of the pictures (default: ${DEFAULT-VALUE}).")
    private PictureShape input = new PictureShape(3, 32, 32);

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "64",
            description = "Pictures in a step of each rank, 2 or more (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "10",
            description = "Steps that are measured, of which the median counts (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "auto",
            description = "auto, cpu or cuda; of several GPUs each rank takes its own (default: ${DEFAULT-VALUE}).")
    private String device = "auto";

    @Mixin
    private BenchReport report = new BenchReport();

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        if (processes < 2 || processes > 64) {
            throw new ParameterException(command, RankProcesses.OPTION + " " + processes + " must be 2 to 64");
        }
        if (batch < 2 || batch > 65_536) {
            throw new ParameterException(
                    command, "--batch " + batch + " must be 2 to 65536: batch norm compares pictures");
        }
        if (rounds < 1 || rounds > 100_000) {
            throw new ParameterException(command, "--rounds " + rounds + " must be 1 to 100000");
        }
        if (!device.matches("auto|cpu|cuda")) {
            throw new ParameterException(command, "--device " + device + " must be auto, cpu or cuda");
        }
        if (!NamedEncoder.names().contains(name)) {
            throw new ParameterException(
                    command,
                    "'" + name + "' is no encoder; the encoders are " + String.join(", ", NamedEncoder.names()));
        }
        report.check(command);
        if (name.equals("torchvision-resnet") && options.isEmpty()) {
            options = List.of("depth=18", "stem=cifar");
        }
        Backbone.Config encoder = NamedEncoder.of(name, options);
        Distributed config = Distributed.byEnvironment();
        Placement placement = Placement.of(System.getenv(), config);
        if (placement.world().isAlone()) {
            List<String> arguments = Objects.requireNonNull(spec)
                    .root()
                    .commandLine()
                    .getParseResult()
                    .originalArgs();
            Hosts here = Hosts.of(Map.of(), config);
            try (RankProcesses ranks =
                    new RankProcesses(arguments, processes, here, RankProcesses.Labels.FIRST_PLAIN, Duration.ZERO)) {
                return ranks.await();
            }
        }
        OwnProgram.endWithStarter();
        measure(encoder, placement, config);
        return 0;
    }

    /** On each rank. */
    private void measure(Backbone.Config encoder, Placement placement, Distributed config) {
        try (Arena arena = new Arena()) {
            boolean isGpu = !device.equals("cpu") && Devices.count() > 0;
            Device chosen = arena.own(
                    () -> Devices.choose(isGpu ? "cuda:" + placement.world().localRank() : device));
            try (Ranks ranks = Ranks.join(placement, config, chosen, Map.of());
                    DistBench bench = new DistBench(encoder, input, batch, chosen, ranks)) {
                Figures figures = figures(bench, ranks, config);
                if (ranks.world().isFirst()) {
                    print(figures, ModelTable.title(encoder), chosen);
                }
                Exchange.barrier(ranks);
            }
        }
    }

    /**
     * What is measured, times in milliseconds.
     *
     * @param alone a step of one process while the others rest
     * @param beside a step of all processes at once that exchange nothing
     * @param together a step of all processes with averaged gradients
     * @param exchange the sum of as many bytes as the gradients have, with nothing beside it
     */
    private record Figures(
            double alone, double beside, double together, double exchange, long gradientBytes, Map<Long, Double> sums) {
        /** Of the time of the exchange, what the step does not get longer by; 0 to 1. */
        double hidden() {
            return Math.max(0, Math.min(1, 1 - (together - beside) / exchange));
        }

        double efficiency() {
            return alone / together;
        }
    }

    private Figures figures(DistBench bench, Ranks ranks, Distributed config) {
        int size = ranks.world().size();
        Gradients local = new Gradients.Local();
        Exchange.barrier(ranks);
        double alone = ranks.world().isFirst() ? bench.step(local, rounds) : 0;
        Exchange.barrier(ranks);
        double beside = Exchange.sum(ranks, bench.step(local, rounds))[0] / size;
        double together;
        try (Gradients reduced = Gradients.of(ranks, bench.module(), config)) {
            together = Exchange.sum(ranks, bench.step(reduced, rounds))[0] / size;
        }
        Map<Long, Double> sums = new LinkedHashMap<>();
        SIZES.forEach(bytes -> sums.put(bytes, bench.sum(bytes, rounds)));
        long bytes = bench.gradientBytes();
        return new Figures(alone, beside, together, bench.sum(bytes, rounds), bytes, sums);
    }

    private void print(Figures figures, String title, Device chosen) {
        System.out.println(
                "machine   " + String.join(", ", BenchReport.machine().values()));
        System.out.println("device    " + chosen.str().getString() + ", " + processes + " ranks of "
                + torch.get_num_threads() + " threads each");
        System.out.println(
                "steps     " + title + ", " + input + ", " + batch + " pictures for each rank, median of " + rounds);
        System.out.println();
        System.out.printf("%-38s %10s %12s%n", "sum over the ranks", "ms", "GB/s");
        figures.sums().forEach((bytes, millis) -> sumRow(bytes, millis));
        sumRow(figures.gradientBytes(), figures.exchange());
        System.out.println();
        System.out.printf("%-38s %10s %12s%n", "a step of", "ms", "efficiency");
        stepRow("one process, the others rest", figures.alone(), 1);
        stepRow("all ranks, nothing exchanged", figures.beside(), figures.alone() / figures.beside());
        stepRow("all ranks, gradients averaged", figures.together(), figures.efficiency());
        System.out.printf(
                Locale.ROOT, "%nhidden behind the backward pass: %.0f %% of the exchange%n", 100 * figures.hidden());
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("device", chosen.str().getString());
        json.put("ranks", processes);
        json.put("threads", torch.get_num_threads());
        json.put("encoder", title);
        json.put("input", input.toString());
        json.put("batch", batch);
        json.put("aloneMillis", figures.alone());
        json.put("besideMillis", figures.beside());
        json.put("togetherMillis", figures.together());
        json.put("exchangeMillis", figures.exchange());
        json.put("gradientBytes", figures.gradientBytes());
        json.put("sumMillisByBytes", figures.sums());
        json.put("efficiency", figures.efficiency());
        json.put("hidden", figures.hidden());
        report.write(json);
    }

    /** Each rank sends and receives 2(n−1)/n of the bytes; that is what the rate counts. */
    private void sumRow(long bytes, double millis) {
        double sent = 2.0 * (processes - 1) / processes * bytes;
        System.out.printf(
                Locale.ROOT,
                "%-38s %10.2f %12.2f%n",
                String.format(Locale.ROOT, "%.1f MB", bytes / 1e6),
                millis,
                sent / millis / 1e6);
    }

    private static void stepRow(String what, double millis, double efficiency) {
        System.out.printf(Locale.ROOT, "%-38s %10.1f %12.3f%n", what, millis, efficiency);
    }
}
