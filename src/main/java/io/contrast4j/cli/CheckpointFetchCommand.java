package io.contrast4j.cli;

import io.contrast4j.prepare.Archive;
import io.contrast4j.prepare.Catalogue;
import io.contrast4j.prepare.Download;
import java.net.URI;
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
        name = "fetch",
        description = {
            "Downloads published checkpoints.",
            "",
            "What is there already is not fetched again. A download that was interrupted goes on where it broke off when"
                    + " the same command is run again. A file has its name only when its checksum is right."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {" 0:everything is there", " 1:failed", " 2:wrong usage", "130:interrupted; goes on next time"},
        footerHeading = "%nExamples:%n",
        footer = {"  contrast4j checkpoint fetch --list", "  contrast4j checkpoint fetch moco-v2-800"})
final class CheckpointFetchCommand implements Callable<Integer> {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "NAME",
            description = "A checkpoint; --list shows all that there are. Several may be given.")
    private List<String> names = List.of();

    @Option(names = "--to", paramLabel = "DIR", description = "The folder to put it into (checkpoints).")
    private Path to = Path.of("checkpoints");

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
            description = "A JSON file with other checkpoints, used instead of the built-in list.")
    private @Nullable Path catalogue;

    @Option(names = "--list", description = "Lists the checkpoints.")
    private boolean list;

    @Override
    public Integer call() {
        Catalogue known = catalogue == null ? Catalogue.checkpoints() : Catalogue.read(catalogue);
        if (list) {
            known.archives()
                    .forEach(archive -> System.out.printf(
                            Locale.ROOT,
                            "%-20s %-38s %s%n",
                            archive.name(),
                            archive.files().get(0).name(),
                            archive.about()));
            return 0;
        }
        if (names.isEmpty()) {
            throw usage("Which checkpoint? --list shows all that there are.");
        }
        if (mirror != null && !Archive.isAddress(mirror)) {
            throw usage("--mirror " + mirror + " is no address; it must be as https://host/folder/");
        }
        List<Archive> chosen = names.stream().map(known::named).toList();
        try (Interrupt interrupt = Interrupt.install()) {
            interrupt.needNotWait("interrupted: the same command goes on where this one was");
            chosen.forEach(this::get);
        }
        return 0;
    }

    private ParameterException usage(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }

    private void get(Archive archive) {
        List<URI> places = mirror == null ? archive.from() : List.of(mirror);
        for (Archive.Item item : archive.files()) {
            Path file = to.resolve(item.name());
            List<URI> addresses = places.stream()
                    .map(place -> DataDownloadCommand.address(place, item.name()))
                    .toList();
            Download.Outcome outcome = new Download(Download.Patience.USUAL, new DownloadProgress())
                    .fetch(addresses, file, item.checksum());
            System.out.println(file + (outcome == Download.Outcome.PRESENT ? " is there already" : " is complete")
                    + "; its checksum is right");
        }
    }
}
