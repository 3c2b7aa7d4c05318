package io.contrast4j.cli;

import io.contrast4j.metrics.TaskProgress;
import io.contrast4j.prepare.Archive;
import io.contrast4j.prepare.Catalogue;
import io.contrast4j.prepare.Download;
import io.contrast4j.prepare.Unpacking;
import io.contrast4j.spec.UserError;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
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
        name = "download",
        description = {
            "Downloads public data sets, as their makers packed them.",
            "",
            "What is there already is not fetched again. A download that was interrupted goes on where it broke off when"
                    + " the same command is run again. A file has its name only when its checksum is right."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {" 0:everything is there", " 1:failed", " 2:wrong usage", "130:interrupted; goes on next time"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j data download --list",
            "  contrast4j data download cifar-10 --to data",
            "  contrast4j data download tiny-imagenet --to data --extract"
        })
final class DataDownloadCommand implements Callable<Integer> {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "NAME",
            description = "A data set; --list shows all that there are. Several may be given.")
    private List<String> names = List.of();

    @Option(
            names = "--to",
            paramLabel = "DIR",
            description = "The folder to put it into, made where it is missing. Sets of several files get a folder of"
                    + " their own in it.")
    private @Nullable Path to;

    @Option(names = "--extract", description = "Unpacks zip and tar archives beside themselves.")
    private boolean extract;

    @Option(
            names = "--mirror",
            paramLabel = "URL",
            description =
                    "Another place with files of the same names, used instead of the usual ones. The checksums stay"
                            + " those of the makers.")
    private @Nullable URI mirror;

    @Option(
            names = "--catalog",
            paramLabel = "FILE",
            description = "A JSON file with other data sets, used instead of the built-in list.")
    private @Nullable Path catalogue;

    @Option(names = "--list", description = "Lists the data sets with their sizes.")
    private boolean list;

    @Override
    public Integer call() {
        Catalogue known = catalogue == null ? Catalogue.builtIn() : Catalogue.read(catalogue);
        if (list) {
            known.archives().forEach(DataDownloadCommand::print);
            return 0;
        }
        if (names.isEmpty()) {
            throw usage("Which data set? --list shows all that there are.");
        }
        Path folder = to;
        if (folder == null) {
            throw usage("Where to? Give a folder with --to DIR.");
        }
        if (mirror != null && !Archive.isAddress(mirror)) {
            throw usage("--mirror " + mirror + " is no address; it must be as https://host/folder/");
        }
        List<Archive> archives = names.stream().map(known::named).toList();
        try (Interrupt interrupt = Interrupt.install()) {
            interrupt.needNotWait("interrupted: the same command goes on where this one was");
            archives.forEach(archive -> get(archive, folder));
        }
        return 0;
    }

    private ParameterException usage(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }

    private static void print(Archive archive) {
        System.out.printf(Locale.ROOT, "%-17s %7.1f MB  %s%n", archive.name(), archive.bytes() / 1e6, archive.about());
    }

    private void get(Archive archive, Path folder) {
        Path into = archive.folder().map(folder::resolve).orElse(folder);
        for (Archive.Item item : archive.files()) {
            Path file = into.resolve(item.name());
            List<URI> places = mirror == null ? archive.from() : List.of(mirror);
            List<URI> addresses =
                    places.stream().map(place -> address(place, item.name())).toList();
            Download.Outcome outcome = new Download(Download.Patience.USUAL, new DownloadProgress())
                    .fetch(addresses, file, item.checksum());
            System.out.println(file + (outcome == Download.Outcome.PRESENT ? " is there already" : " is complete")
                    + "; its checksum is right");
            if (extract && item.unpacks().isPresent()) {
                unpack(file, into, item.unpacks().orElseThrow());
            }
        }
    }

    /** A file in a place. */
    static URI address(URI place, String name) {
        String prefix = place.toString();
        return URI.create(prefix.endsWith("/") || prefix.endsWith("=") ? prefix + name : prefix + "/" + name);
    }

    private static void unpack(Path file, Path into, String content) {
        Path unpacked = into.resolve(content);
        if (Files.exists(unpacked)) {
            System.out.println(unpacked + " is unpacked already; remove it to unpack it again");
            return;
        }
        List<Path> found;
        try (TaskProgress progress = new TaskProgress(
                "unpacking " + file.getFileName(),
                TaskProgress.Unit.BYTES,
                0,
                file.toFile().length())) {
            found = Unpacking.unpack(file, into, progress::add);
        }
        if (!Files.exists(unpacked)) {
            throw new UserError(
                    UserError.FAILED,
                    file + " holds " + found + " and not " + content + "; remove it and fetch it again.");
        }
        System.out.println(unpacked + " is unpacked");
    }
}
