package io.contrast4j.cli;

import io.contrast4j.data.ImageFolder;
import io.contrast4j.data.PackWriter;
import io.contrast4j.data.Packed;
import io.contrast4j.metrics.TaskProgress;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "pack",
        description = {
            "Writes a folder of pictures, one sub-folder for each class, to one file.",
            "The data set of type packed reads it. Pictures keep their bytes; they are not decoded."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  contrast4j data pack imagenet/train train.pack")
final class DataPackCommand implements Callable<Integer> {
    private static final int NAMED = 10;

    @Parameters(index = "0", paramLabel = "SRC", description = "The folder.")
    private Path source = Path.of("");

    @Parameters(index = "1", paramLabel = "DST", description = "The file to write.")
    private Path target = Path.of("");

    @Option(
            names = "--class-list",
            paramLabel = "LIST",
            description =
                    "Only these classes, in this order: a file with one class folder on each line, or imagenet-100.")
    private @Nullable String classList;

    @Option(
            names = "--files",
            paramLabel = "GLOB",
            description = "Only these pictures of a class folder, as *.jpg; with a class list the default is *.JPEG.")
    private @Nullable String files;

    @Option(names = "--force", description = "Replaces DST if it is there.")
    private boolean force;

    @Option(names = "--verify", description = "Reads the file again, checks it and decodes every picture.")
    private boolean verify;

    @Override
    public Integer call() {
        if (Files.exists(target) && !force) {
            throw new UserError(
                    UserError.USAGE, target + " is there already; choose another name, or replace it with --force.");
        }
        if (files != null && !ImageFolder.Config.isGlob(files)) {
            throw new UserError(UserError.USAGE, "--files " + files + " is no glob such as *.JPEG or **.{jpg,png}.");
        }
        ImageFolder pictures = ImageFolder.open(
                source,
                new ImageFolder.Choice(Optional.ofNullable(classList), Optional.ofNullable(files), Optional.empty()));
        try (TaskProgress progress = new TaskProgress("packing", TaskProgress.Unit.PICTURES, 0, pictures.size())) {
            PackWriter.write(pictures, target, (done, bytes) -> progress.add(1));
        }
        System.out.printf(
                Locale.ROOT,
                "%s: %d pictures of %d classes%n",
                target,
                pictures.size(),
                pictures.classes().size());
        return verify ? verify() : 0;
    }

    private int verify() {
        Packed pack = Packed.open(target);
        int damaged = 0;
        try (TaskProgress progress = new TaskProgress("verifying", TaskProgress.Unit.PICTURES, 0, pack.size())) {
            for (int i = 0; i < pack.size(); i++) {
                try (Scope scope = Scope.open()) {
                    pack.read(i);
                } catch (IOException e) {
                    damaged++;
                    if (damaged <= NAMED) {
                        progress.clear();
                        System.err.println("contrast4j: " + e.getMessage());
                    }
                }
                progress.add(1);
            }
        }
        if (damaged > 0) {
            throw new UserError(
                    UserError.FAILED,
                    damaged + " of " + pack.size() + " pictures in " + target + " cannot be read; repair them in "
                            + source + " and pack it again.");
        }
        System.out.printf(Locale.ROOT, "verified: all %d pictures can be read%n", pack.size());
        return 0;
    }
}
