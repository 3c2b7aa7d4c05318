package io.contrast4j.cli;

import io.contrast4j.prepare.Archive;
import io.contrast4j.prepare.Catalogue;
import io.contrast4j.prepare.Download;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** The arguments of every command that fetches from a list of published files, and what they do. */
final class Fetching {
    @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "NAME",
            description = "What to fetch; --list shows all that there is. Several may be given.")
    private List<String> names = List.of();

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
            description = "A JSON file with other entries, used instead of the built-in list.")
    private @Nullable Path catalogue;

    @Option(names = "--list", description = "Lists what there is.")
    private boolean list;

    /** What to do about the archives that were named. */
    interface Get {
        void get(Archive archive);
    }

    /**
     * Prints the list if that is wanted; otherwise checks what was named and gets it.
     *
     * @param builtIn the list, unless another one is given
     * @param line prints an archive
     */
    int run(Catalogue builtIn, Consumer<Archive> line, Get action) {
        Catalogue known = catalogue == null ? builtIn : Catalogue.read(catalogue);
        if (list) {
            known.archives().forEach(line);
            return 0;
        }
        if (names.isEmpty()) {
            throw usage("What is to be fetched? --list shows all that there is.");
        }
        if (mirror != null && !Archive.isAddress(mirror)) {
            throw usage("--mirror " + mirror + " is no address; it must be as https://host/folder/");
        }
        List<Archive> chosen = names.stream().map(known::named).toList();
        try (Interrupt interrupt = Interrupt.install()) {
            interrupt.needNotWait("interrupted: the same command goes on where this one was");
            chosen.forEach(action::get);
        }
        return 0;
    }

    /** One file of an archive, from its place or the mirror, unless it is there already. */
    void fetch(Archive archive, Archive.Item item, Path file) {
        List<URI> places = mirror == null ? archive.from() : List.of(mirror);
        List<URI> addresses =
                places.stream().map(place -> address(place, item.name())).toList();
        Download.Outcome outcome =
                new Download(Download.Patience.USUAL, new DownloadProgress()).fetch(addresses, file, item.checksum());
        System.out.println(file + (outcome == Download.Outcome.PRESENT ? " is there already" : " is complete")
                + "; its checksum is right");
    }

    ParameterException usage(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }

    /** A file in a place. */
    private static URI address(URI place, String name) {
        String prefix = place.toString();
        return URI.create(prefix.endsWith("/") || prefix.endsWith("=") ? prefix + name : prefix + "/" + name);
    }
}
