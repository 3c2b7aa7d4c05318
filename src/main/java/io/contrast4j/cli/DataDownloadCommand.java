package io.contrast4j.cli;

import io.contrast4j.metrics.TaskProgress;
import io.contrast4j.prepare.Archive;
import io.contrast4j.prepare.Catalogue;
import io.contrast4j.prepare.Unpacking;
import io.contrast4j.spec.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
    @Mixin
    private Fetching fetching = new Fetching();

    @Option(
            names = "--to",
            paramLabel = "DIR",
            description = "The folder to put it into, made where it is missing. Sets of several files get a folder of"
                    + " their own in it.")
    private @Nullable Path to;

    @Option(names = "--extract", description = "Unpacks zip and tar archives beside themselves.")
    private boolean extract;

    @Override
    public Integer call() {
        return fetching.run(Catalogue.builtIn(), DataDownloadCommand::print, this::get);
    }

    private static void print(Archive archive) {
        System.out.printf(Locale.ROOT, "%-17s %7.1f MB  %s%n", archive.name(), archive.bytes() / 1e6, archive.about());
    }

    private void get(Archive archive) {
        Path folder = to;
        if (folder == null) {
            throw fetching.usage("Where to? Give a folder with --to DIR.");
        }
        Path into = archive.folder().map(folder::resolve).orElse(folder);
        for (Archive.Item item : archive.files()) {
            Path file = into.resolve(item.name());
            fetching.fetch(archive, item, file);
            if (extract && item.unpacks().isPresent()) {
                unpack(file, into, item.unpacks().orElseThrow());
            }
        }
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
