package io.contrast4j.cli;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "show",
        description = "Shows a run that comes with contrast4j: what it is, what is expected of it, and its file.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  contrast4j runs show cmc-alexnet-lab-nce")
final class RunsShowCommand implements Callable<Integer> {
    private static final String COMMENT = "#";

    @Parameters(paramLabel = "NAME", description = "A run of `contrast4j runs`.")
    private String name = "";

    @Override
    public Integer call() {
        Path file = ConfFolder.installed().file(name);
        RunSummary run = RunSummary.of(name, file);
        RunConfig config = run.config();
        List<String> lines = lines(file);
        lines.stream()
                .takeWhile(line -> line.startsWith(COMMENT))
                .forEach(line ->
                        System.out.println(line.substring(COMMENT.length()).strip()));
        System.out.println();
        row("method", run.method());
        row("data", run.data());
        row("architecture", run.architecture());
        row(
                "views",
                config.views().crops() + " x " + config.views().groups().size() + " of "
                        + config.views().size() + " pixels");
        row(
                "training",
                config.train().epochs() + " epochs, batches of "
                        + config.train().batchSize() + ", learning rate "
                        + config.optimizer().learningRate());
        row("expected", config.expected().isEmpty() ? "not published" : run.expected() + " (" + run.source() + ")");
        row("file", file.toString());
        System.out.println();
        lines.stream().dropWhile(line -> line.startsWith(COMMENT)).forEach(line -> System.out.println("    " + line));
        System.out.println();
        System.out.println("contrast4j config " + name + "    every value");
        System.out.println(
                "contrast4j train " + name + (run.values().containsKey("data.path") ? " data.path=FOLDER" : ""));
        return 0;
    }

    private static void row(String what, String value) {
        System.out.printf("%-14s%s%n", what, value);
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    file + " cannot be read (" + Reasons.of(failed) + "); check the file and its permissions.",
                    failed);
        }
    }
}
