package io.contrast4j.cli;

import io.contrast4j.config.ConfigFile;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.ImageFolder;
import io.contrast4j.metrics.TaskProgress;
import io.contrast4j.prepare.ContactSheet;
import io.contrast4j.prepare.Inspection;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

@Command(
        name = "inspect",
        description = {
            "Reads a data set and says what is in it: classes, sizes, mean and deviation of the channels, files that cannot"
                    + " be read, pictures that are there more than once.",
            "",
            "The table goes to stdout. The statistics are exact and over all pixels of the pictures that were read."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:every picture that was looked at can be read",
            " 1:some cannot",
            " 2:wrong usage or no such data"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j data inspect conf/quickstart.conf --out sheet.png",
            "  contrast4j data inspect conf/cmc/image-folder.conf data.path=/data/imagenet --samples 10000",
            "  contrast4j data inspect /data/imagenet --json inspection.json"
        })
final class DataInspectCommand implements Callable<Integer> {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "CONF|DIR",
            description =
                    "A configuration, whose data set is read; or a folder that has train/ and val/ with a folder for"
                            + " each class, or the class folders directly.")
    private Path place = Path.of("");

    @Parameters(
            index = "1..*",
            paramLabel = "KEY=VALUE",
            description = "Overrides a key of the configuration; may be given many times.")
    private List<String> overrides = List.of();

    @Option(
            names = "--samples",
            paramLabel = "N",
            description =
                    "Reads N pictures of each part, drawn at random and always the same; without it, all are read.")
    private int samples = Integer.MAX_VALUE;

    @Option(names = "--out", paramLabel = "PNG", description = "Writes a contact sheet: 64 samples with their classes.")
    private @Nullable Path sheet;

    @Option(names = "--json", paramLabel = "FILE", description = "Writes everything that was found as JSON.")
    private @Nullable Path json;

    @Option(names = "--seed", paramLabel = "N", description = "Another draw for --samples and --out (1).")
    private long seed = 1;

    @Option(names = "--workers", paramLabel = "N", description = "Threads (all processors).")
    private int workers = Runtime.getRuntime().availableProcessors();

    @Override
    public Integer call() throws IOException {
        if (samples < 1 || workers < 1 || workers > 1024) {
            throw usage(samples < 1 ? "--samples must be at least 1." : "--workers must be between 1 and 1024.");
        }
        for (Path file : new Path[] {sheet, json}) {
            requireFolder(file);
        }
        Map<String, Dataset> parts = open();
        try (Interrupt interrupt = Interrupt.install()) {
            interrupt.needNotWait("interrupted");
            return inspect(parts);
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }

    /** Before a walk that can take an hour. */
    private void requireFolder(@Nullable Path file) {
        if (file != null
                && (Files.isDirectory(file)
                        || !Files.isDirectory(file.toAbsolutePath().getParent()))) {
            throw usage(file + " cannot be written: "
                    + (Files.isDirectory(file) ? "it is a folder" : "its folder is not there"));
        }
    }

    private Map<String, Dataset> open() {
        Map<String, Dataset> parts = new LinkedHashMap<>();
        if (!Files.isDirectory(place)) {
            Dataset.Config data =
                    ConfigFile.load(place, overrides).bind(RunConfig.class).data();
            parts.put("train", data.openTrain());
            parts.put("test", data.openTest());
            return parts;
        }
        if (!overrides.isEmpty()) {
            throw usage(overrides.get(0) + " overrides a key of a configuration, and " + place + " is a folder");
        }
        for (String part : List.of("train", "val", "test")) {
            if (Files.isDirectory(place.resolve(part))) {
                parts.put(part, ImageFolder.open(place.resolve(part)));
            }
        }
        if (parts.isEmpty()) {
            Path name = place.toAbsolutePath().normalize().getFileName();
            parts.put(name == null ? place.toString() : name.toString(), ImageFolder.open(place));
        }
        return parts;
    }

    private int inspect(Map<String, Dataset> parts) throws IOException {
        Inspection.Options options = new Inspection.Options(workers, samples, seed);
        List<Inspection> found = new ArrayList<>();
        for (Map.Entry<String, Dataset> part : parts.entrySet()) {
            String title = "reading " + part.getKey();
            int count = Math.min(samples, part.getValue().size());
            try (TaskProgress progress = new TaskProgress(title, TaskProgress.Unit.PICTURES, 0, count)) {
                found.add(Inspection.of(part.getKey(), part.getValue(), options, progress::add));
            }
        }
        InspectionReport report = new InspectionReport(found);
        System.out.print(report.text());
        if (sheet != null) {
            ContactSheet.write(found, seed, sheet);
            System.out.println("contact sheet: " + sheet);
        }
        if (json != null) {
            write(json, report.json());
        }
        return report.damaged() == 0 ? 0 : UserError.FAILED;
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UserError(
                    UserError.FAILED, "Cannot write " + file + " (" + Reasons.of(e) + "); choose another file.", e);
        }
    }
}
