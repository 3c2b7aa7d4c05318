package io.contrast4j.cli;

import io.contrast4j.report.RecordedRun;
import io.contrast4j.report.RunDifference;
import io.contrast4j.report.RunDifference.Row;
import io.contrast4j.report.RunDifference.Section;
import io.contrast4j.report.RunDifference.Verdict;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "diff",
        description = {
            "Compares two runs: configuration, versions, data, results, the first step where metrics differ, and whether the"
                    + " final weights are the same bit by bit.",
            "",
            "Names, folders and times are not compared."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {" 0:they are equal in all that both have recorded", " 1:they differ", " 2:wrong usage"},
        footerHeading = "%nExample:%n",
        footer = "  contrast4j run diff runs/quickstart/20260101-120000 runs/quickstart/20260101-130000")
final class RunDiffCommand implements Callable<Integer> {
    private static final int WIDEST = 44;

    @Parameters(index = "0", paramLabel = "A", description = "The folder of a run: runs/NAME/TIME.")
    private Path a = Path.of("");

    @Parameters(index = "1", paramLabel = "B", description = "That of another one.")
    private Path b = Path.of("");

    @Override
    public Integer call() {
        List<Section> sections = new RunDifference(RecordedRun.read(a), RecordedRun.read(b)).sections();
        System.out.println("A  " + a);
        System.out.println("B  " + b);
        System.out.println();
        List<Row> rows =
                sections.stream().flatMap(section -> section.rows().stream()).toList();
        int keys =
                widest(Stream.concat(Stream.of("configuration"), rows.stream().map(row -> "  " + row.key())));
        int values = widest(Stream.concat(Stream.of("A"), rows.stream().map(Row::a)));
        for (Section section : sections) {
            System.out.println(pad(section.title(), keys) + "  " + said(section.verdict()));
            for (Row row : section.rows()) {
                System.out.println(
                        pad("  " + cut(row.key()), keys) + "  " + pad(cut(row.a()), values) + "  " + cut(row.b()));
            }
        }
        return sections.stream().anyMatch(section -> section.verdict() == Verdict.DIFFERENT) ? 1 : 0;
    }

    private static String said(Verdict verdict) {
        return verdict == Verdict.UNKNOWN
                ? "unknown: not recorded by both"
                : verdict.name().toLowerCase(Locale.ROOT);
    }

    private static int widest(Stream<String> texts) {
        return Math.min(WIDEST, texts.mapToInt(String::length).max().orElse(0));
    }

    private static String cut(String text) {
        return text.length() > WIDEST ? text.substring(0, WIDEST - 1) + "…" : text;
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
