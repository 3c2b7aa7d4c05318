package io.contrast4j.cli;

import io.contrast4j.spec.Reasons;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

@Command(
        name = "data",
        description = {
            "Measures how fast pictures become batches, against decoding alone.",
            "The contestants take turns on the same files; figures are medians."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  contrast4j bench data /path/to/pictures --workers 1,8")
final class BenchDataCommand implements Callable<Integer> {
    private static final int GENERATED = 64;

    @CommandLine.Spec
    private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "FOLDER",
            description = "Pictures to read. Without it 64 JPEGs of 500x375 pixels and some 53 kB are made.")
    private Optional<Path> folder = Optional.empty();

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "7",
            description = "How long each contestant runs (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(
            names = "--workers",
            paramLabel = "N",
            split = ",",
            description = "Numbers of threads (default: 1 and as many as there are cores).")
    private List<Integer> workers = List.of();

    @Option(
            names = "--keep",
            paramLabel = "FOLDER",
            description = "Where the pictures are made, to be kept; else they are deleted afterwards.")
    private Optional<Path> keep = Optional.empty();

    @Mixin
    private BenchReport report = new BenchReport();

    @Override
    public Integer call() throws IOException {
        List<Integer> threads = threads();
        if (!(seconds > 0 && seconds <= 300)) {
            throw wrong("--seconds " + seconds + " must be above 0 and at most 300");
        }
        if (folder.isPresent() && keep.isPresent()) {
            throw wrong("--keep " + keep.get() + " is for pictures that are made, and " + folder.get() + " is given");
        }
        report.check(java.util.Objects.requireNonNull(spec).commandLine());
        Natives.announce();
        if (folder.isPresent()) {
            measure(BenchPictures.in(folder.get()), threads);
            return 0;
        }
        if (keep.isPresent()) {
            try {
                Files.createDirectories(keep.get());
            } catch (IOException e) {
                throw wrong("--keep " + keep.get() + " cannot be a folder (" + Reasons.of(e) + ")");
            }
            measure(BenchPictures.write(keep.get(), GENERATED), threads);
            return 0;
        }
        Path made = Files.createTempDirectory("contrast4j-bench");
        try {
            measure(BenchPictures.write(made, GENERATED), threads);
        } finally {
            BenchPictures.delete(made);
        }
        return 0;
    }

    private List<Integer> threads() {
        int cores = Runtime.getRuntime().availableProcessors();
        List<Integer> threads = (workers.isEmpty() ? Stream.of(1, cores) : workers.stream())
                .distinct()
                .sorted()
                .toList();
        if (threads.get(0) < 1 || threads.get(threads.size() - 1) > 1024) {
            throw wrong("--workers " + workers + " must be between 1 and 1024");
        }
        return threads;
    }

    private ParameterException wrong(String message) {
        return new ParameterException(java.util.Objects.requireNonNull(spec).commandLine(), message);
    }

    private void measure(List<Path> files, List<Integer> threads) throws IOException {
        long bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
        }
        String pictures = String.format(
                Locale.ROOT,
                "%d %s, %.0f kB each on average",
                files.size(),
                folder.map(path -> "pictures in " + path).orElse("JPEGs of 500x375 pixels made for this"),
                bytes / 1000.0 / files.size());
        System.out.println(
                "machine   " + String.join(", ", BenchReport.machine().values()));
        System.out.println("pictures  " + pictures);
        System.out.println();
        List<DataBench.Row> rows = new DataBench(files, threads, seconds).run();
        System.out.printf(
                "%-22s %8s %10s %12s %16s %9s%n",
                "pipeline", "threads", "images/s", "CPU ms/image", "of bare decoding", "scaling");
        for (DataBench.Row row : rows) {
            System.out.printf(
                    Locale.ROOT,
                    "%-22s %8d %10.0f %12.2f %16.2f %9s%n",
                    row.pipeline(),
                    row.workers(),
                    row.imagesPerSecond(),
                    row.cpuMillis(),
                    row.ofDecoding(),
                    row.workers() == threads.get(0) ? "" : String.format(Locale.ROOT, "%.2f", row.scaling()));
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("pictures", pictures);
        figures.put("seconds", seconds);
        figures.put("rows", rows);
        report.write(figures);
    }
}
