package io.contrast4j.cli;

import io.contrast4j.report.RecordedRun;
import io.contrast4j.report.ReportPage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "report",
        description = {
            "Writes the page of a run, report.html: configuration, curves, results, pictures; or compares several runs in one"
                    + " page.",
            "",
            "The page is one file and needs no network. A run writes its own when it ends; this writes it anew, also of a run"
                    + " that is under way or was stopped."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j report runs/quickstart/20260101-120000",
            "  contrast4j report runs/nce/20260101-120000 runs/infonce/20260101-130000 --out=both.html"
        })
final class ReportCommand implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "RUN", description = "The folder of a run: runs/NAME/TIME.")
    private List<Path> folders = List.of();

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Where to write it. By default report.html in the run's folder or, for several runs, here.")
    private Optional<Path> out = Optional.empty();

    @Override
    public Integer call() {
        List<RecordedRun> runs = folders.stream().map(RecordedRun::read).toList();
        Path file = out.orElseGet(
                () -> folders.size() == 1 ? folders.get(0).resolve(ReportPage.FILE) : Path.of(ReportPage.FILE));
        new ReportPage(runs).write(file);
        System.out.println(file);
        return 0;
    }
}
