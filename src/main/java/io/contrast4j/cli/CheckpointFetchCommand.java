package io.contrast4j.cli;

import io.contrast4j.prepare.Archive;
import io.contrast4j.prepare.Catalogue;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
    @Mixin
    private Fetching fetching = new Fetching();

    @Option(names = "--to", paramLabel = "DIR", description = "The folder to put it into (checkpoints).")
    private Path to = Path.of("checkpoints");

    @Override
    public Integer call() {
        return fetching.run(Catalogue.checkpoints(), CheckpointFetchCommand::print, this::get);
    }

    private static void print(Archive archive) {
        System.out.printf(
                Locale.ROOT,
                "%-20s %-38s %s%n",
                archive.name(),
                archive.files().get(0).name(),
                archive.about());
    }

    private void get(Archive archive) {
        archive.files().forEach(item -> fetching.fetch(archive, item, to.resolve(item.name())));
    }
}
