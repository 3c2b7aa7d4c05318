package io.contrast4j.cli;

import io.contrast4j.data.Dataset;
import io.contrast4j.data.SomeOf;
import io.contrast4j.data.UnsplitFolder;
import io.contrast4j.fit.ConfText;
import io.contrast4j.fit.Machine;
import io.contrast4j.fit.Pictures;
import io.contrast4j.fit.Plan;
import io.contrast4j.fit.Rules;
import io.contrast4j.fit.Technique;
import io.contrast4j.metrics.TaskProgress;
import io.contrast4j.prepare.FoundData;
import io.contrast4j.prepare.Inspection;
import io.contrast4j.prepare.Survey;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

@Command(
        name = "init",
        description = {
            "Looks at pictures and at this machine, and writes a configuration that fits them, with what it will take.",
            "",
            "The pictures are a folder, with or without class folders, with or without train and val, or any data set that"
                    + " can be trained on. A few steps are measured: that takes some seconds, or a minute on a slow machine."
                    + " docs/init.md has the rules."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {" 0:written", " 1:failed", " 2:wrong usage, or nothing that can be trained on"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j init /data/flowers",
            "  contrast4j init /data/flowers --hours 8 --out conf/flowers.conf",
            "  contrast4j init data/cifar-10-batches-bin --method simclr"
        })
final class InitCommand implements Callable<Integer> {
    private static final String ENDING = ".conf";

    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            paramLabel = "DIR",
            description = "A folder of pictures or of a data set; or a pack, a table of pictures, an archive of CIFAR.")
    private Path place = Path.of("");

    @Option(
            names = "--method",
            paramLabel = "NAME",
            defaultValue = "moco",
            description = "moco, align-uniform, simclr, supcon (learns from classes), insdis or cmc (default:"
                    + " ${DEFAULT-VALUE}).")
    private String method = "";

    @Option(
            names = "--hours",
            paramLabel = "H",
            description =
                    "As many epochs as fit into so many hours, up to those of the rules (default: a night of 12 hours"
                            + " on a CPU, a week on a GPU).")
    private Optional<Double> hours = Optional.empty();

    @Option(names = "--out", paramLabel = "FILE", description = "The file that is written (NAME-OF-DIR.conf).")
    private Optional<Path> out = Optional.empty();

    @Option(names = "--force", description = "Replaces files that are there.")
    private boolean isForced;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "auto",
            description = "What is measured and trained on: auto, cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
    private String device = "";

    /** The files that are written. */
    private record Outputs(Path conf, Path train, Path test) {}

    @Override
    public Integer call() {
        Technique technique = Technique.of(method)
                .orElseThrow(() -> usage("--method " + method + " must be one of "
                        + Arrays.stream(Technique.values())
                                .map(Technique::title)
                                .collect(Collectors.joining(", "))));
        if (hours.isPresent() && !(hours.get() > 0)) {
            throw usage("--hours " + hours.get() + " must be above 0");
        }
        if (!device.matches("auto|cpu|cuda(:\\d{1,3})?")) {
            throw usage("--device " + device + " must be auto, cpu, cuda or cuda:N");
        }
        Outputs files = files();
        FoundData found = FoundData.at(place);
        refuseToReplace(files, found);
        try (Interrupt interrupt = Interrupt.install()) {
            interrupt.needNotWait("interrupted: nothing was written");
            fit(technique, found, files);
        }
        return 0;
    }

    private ParameterException usage(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }

    private Outputs files() {
        Path conf = out.orElse(Path.of(name() + ENDING));
        Path folder = Objects.requireNonNullElse(conf.toAbsolutePath().getParent(), conf.toAbsolutePath());
        if (Files.isDirectory(conf) || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw usage(conf + " cannot be written: "
                    + (Files.isDirectory(conf)
                            ? "it is a folder"
                            : Files.isDirectory(folder)
                                    ? "its folder " + folder + " does not allow it; choose another file with --out"
                                    : "the folder " + folder + " is not there"));
        }
        String file = Objects.requireNonNullElse(conf.getFileName(), conf).toString();
        String stem = file.endsWith(ENDING) ? file.substring(0, file.length() - ENDING.length()) : file;
        return new Outputs(conf, folder.resolve(stem + ".train.csv"), folder.resolve(stem + ".test.csv"));
    }

    /** Of the run: that of the folder, as far as it can be one. */
    private String name() {
        Path last = place.toAbsolutePath().normalize().getFileName();
        String name = last == null ? "" : last.toString();
        String plain = name.replaceFirst("\\.(pack|csv|tsv|tar\\.gz)$", "")
                .replaceAll("[^A-Za-z0-9._-]+", "-")
                .replaceFirst("^[^A-Za-z0-9]+", "");
        return plain.isEmpty() ? "pictures" : plain;
    }

    private void refuseToReplace(Outputs files, FoundData found) {
        List<Path> written =
                found.unsplit().isPresent() ? List.of(files.conf, files.train, files.test) : List.of(files.conf);
        for (Path file : written) {
            if (!isForced && Files.exists(file)) {
                throw new UserError(
                        UserError.USAGE,
                        file + " is there already; --force replaces it, --out FILE writes another one.");
            }
        }
    }

    private void fit(Technique technique, FoundData found, Outputs files) {
        double load = ThisMachine.load();
        Survey survey = look(found);
        if (technique == Technique.SUPCON && survey.inspection().unlabelled() > 0) {
            throw new UserError(
                    UserError.USAGE,
                    "--method supcon learns from classes, and "
                            + survey.inspection().unlabelled() + " of these pictures have none; take --method moco.");
        }
        Optional<UnsplitFolder.Split> split = found.unsplit().map(UnsplitFolder::split);
        int count =
                split.map(parts -> parts.train().length).orElse(found.train().size());
        Pictures pictures = pictures(survey, count);
        InitReport report = new InitReport(survey, pictures);
        System.out.println(report.pictures(place.toString()));
        try (Arena arena = new Arena()) {
            Natives.announce();
            Device chosen = arena.own(() -> Devices.choose(device));
            Machine machine = ThisMachine.of(chosen);
            Plan plan = Rules.choose(technique, pictures, machine);
            System.out.println(report.machine(machine));
            System.err.println("measuring steps of " + plan.batch() + " pictures of " + plan.size() + " pixels ...");
            ConfText.Subject subject = report.subject(name(), files.train, files.test, device);
            FittedRun run = FittedRun.of(
                    plan,
                    other -> ConfText.of(subject, other, pictures, machine),
                    new FittedRun.Frame(
                            pictures,
                            readable(survey),
                            machine,
                            chosen,
                            hours.map(OptionalDouble::of).orElse(OptionalDouble.empty())));
            System.out.println(report.run(run, machine, load));
            String text = ConfText.of(subject.withHeader(report.header(run, machine)), run.plan(), pictures, machine);
            FittedRun.bound(text);
            split.ifPresent(parts -> {
                UnsplitFolder folder = found.unsplit().orElseThrow();
                folder.writeTable(files.train, parts.train());
                folder.writeTable(files.test, parts.test());
            });
            write(files.conf, text);
        }
        System.out.println("written   " + files.conf
                + (split.isPresent()
                        ? ", with " + files.train.getFileName() + " and " + files.test.getFileName()
                        : ""));
        System.out.println();
        System.out.println("contrast4j data preview " + files.conf);
        System.out.println("contrast4j train " + files.conf);
    }

    private static Survey look(FoundData found) {
        int count = Math.min(Survey.DECODED, found.train().size());
        try (TaskProgress progress = new TaskProgress("looking at pictures", TaskProgress.Unit.PICTURES, 0, count)) {
            return Survey.of(found, ThisMachine.cores(), progress::add);
        }
    }

    /** Those that are not known to be damaged: what is known was said, and need not be said again. */
    private static Dataset readable(Survey survey) {
        Set<Integer> damaged = survey.inspection().damaged().stream()
                .map(Inspection.Damage::index)
                .collect(Collectors.toSet());
        Dataset all = survey.found().train();
        return damaged.isEmpty()
                ? all
                : new SomeOf(
                        all,
                        IntStream.range(0, all.size())
                                .filter(index -> !damaged.contains(index))
                                .toArray());
    }

    private static Pictures pictures(Survey survey, int count) {
        return new Pictures(
                count,
                survey.found().classes(),
                Survey.median(survey.sides()),
                survey.isGrey(),
                channels(survey.inspection().pixels()::mean),
                channels(survey.inspection().pixels()::std));
    }

    private static List<Double> channels(IntToDoubleFunction value) {
        return IntStream.range(0, 3)
                .mapToObj(channel -> Math.max(0.01, value.applyAsDouble(channel)))
                .toList();
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "Cannot write " + file + " (" + Reasons.of(failed) + "); " + Reasons.remedy(failed) + ".",
                    failed);
        }
    }
}
