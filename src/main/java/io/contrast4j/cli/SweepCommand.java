package io.contrast4j.cli;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "sweep",
        description = {
            "Trains every combination of a sweep file, one after the other, and compares them on one page.",
            "",
            "What was interrupted goes on with the same command: complete runs are not repeated, one that was under way goes on"
                    + " from its last checkpoint."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:all runs are complete",
            " 1:some have failed",
            " 2:wrong usage or configuration; nothing was trained",
            "130:interrupted; the same command goes on"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j sweep conf/ring/sweeps/cifar-10.conf --list",
            "  contrast4j sweep my-sweep.conf data.path=/data/pictures train.epochs=20",
            "  contrast4j sweep my-sweep.conf sweep.seeds=[1,2,3]"
        })
final class SweepCommand implements Callable<Integer> {
    private static final long LOOK_MILLIS = 200;

    @Parameters(index = "0", paramLabel = "FILE", description = "The sweep file (docs/sweeps.md).")
    private Path file = Path.of("");

    @Parameters(
            index = "1..*",
            paramLabel = "KEY=VALUE",
            description = "Overrides a key of all runs, or of the sweep itself: sweep.name=again.")
    private List<String> overrides = List.of();

    @Option(names = "--list", description = "Prints all combinations, their state and results, and trains nothing.")
    private boolean isListing;

    @Option(names = "--retry-failed", description = "Tries the runs that have failed once more.")
    private boolean isRetrying;

    @Override
    public Integer call() throws InterruptedException {
        Sweep sweep = Sweep.load(file, overrides, !isListing);
        sweep.skipped()
                .forEach((name, why) -> System.err.println(
                        "skipped: " + name + ": " + why.lines().findFirst().orElse("")));
        if (isListing) {
            SweepResults results = SweepResults.of(sweep);
            System.out.print(results.text());
            results.failures().forEach(failure -> System.out.println("failed: " + failure));
            System.out.println(summary(results));
            return 0;
        }
        sweep.requireUnchanged();
        makeFolder(sweep);
        Duration grace = sweep.combinations().stream()
                .map(combination -> combination.config().train().shutdownGrace())
                .max(Duration::compareTo)
                .orElseThrow();
        // Its process has as long as it needs for a checkpoint; this one waits for it.
        Duration all = grace.plus(SweepProcess.MARGIN.multipliedBy(2));
        try (RunLock lock = RunLock.take(sweep.folder());
                Interrupt interrupt = Interrupt.install(all, "interrupted: the same command goes on")) {
            boolean isComplete = trained(sweep, grace);
            SweepResults results = SweepResults.of(sweep);
            Optional<Path> page = written(results);
            if (!isComplete) {
                System.err.println("interrupted: " + summary(results) + "; the same command goes on");
                return Interrupt.INTERRUPTED;
            }
            System.out.println();
            System.out.print(results.text());
            results.failures().forEach(failure -> System.err.println("failed: " + failure));
            page.ifPresent(path -> System.out.println("report: " + path));
            return results.count(Combination.State.FAILED) == 0 ? 0 : UserError.FAILED;
        }
    }

    /** Without the page, what was trained is there all the same. */
    private static Optional<Path> written(SweepResults results) {
        try {
            return Optional.of(results.write());
        } catch (UserError failed) {
            System.err.println("There is no comparison: " + failed.getMessage());
            return Optional.empty();
        }
    }

    private static void makeFolder(Sweep sweep) {
        try {
            Files.createDirectories(sweep.folder());
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "The folder " + sweep.folder() + " cannot be made (" + Reasons.of(failed)
                            + "); choose another one with out=DIR.",
                    failed);
        }
    }

    /** @return false if it was interrupted */
    private boolean trained(Sweep sweep, Duration grace) throws InterruptedException {
        int number = 0;
        for (Combination combination : sweep.combinations()) {
            number++;
            awaitEnd(combination, grace);
            if (Interrupt.inProgress()) {
                return false;
            }
            Combination.State state = combination.state();
            String head = "[" + number + "/" + sweep.combinations().size() + "] " + combination.name();
            if (state == Combination.State.COMPLETE) {
                System.err.println(head + ": complete");
                continue;
            }
            if (state == Combination.State.FAILED && !isRetrying) {
                System.err.println(head + ": failed before; --retry-failed tries it again");
                continue;
            }
            System.err.println(head + (state == Combination.State.NEW ? "" : ": goes on"));
            if (!isTrained(combination, grace)) {
                return false;
            }
            written(SweepResults.of(sweep));
        }
        return true;
    }

    /** A process of an earlier start of this command, which was killed, may have its state to save still. */
    private static void awaitEnd(Combination combination, Duration grace) throws InterruptedException {
        RunFolder run = RunFolder.latest(combination.folder()).orElse(null);
        long end = System.nanoTime() + grace.plus(SweepProcess.MARGIN).toNanos();
        while (run != null && !RunLock.isFree(run.path()) && System.nanoTime() < end && !Interrupt.inProgress()) {
            Thread.sleep(LOOK_MILLIS);
        }
    }

    /** @return false if it was interrupted */
    private static boolean isTrained(Combination combination, Duration grace) throws InterruptedException {
        combination.prepare();
        SweepProcess process;
        try {
            process = SweepProcess.start(combination.conf(), grace);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "No process can be started for " + combination.name() + " (" + failed.getMessage()
                            + "); free some memory and start the same command again.",
                    failed);
        }
        int code = process.await();
        if (Interrupt.inProgress() || code == Interrupt.INTERRUPTED || code == RankProcesses.TERMINATED) {
            return false;
        }
        if (code != 0) {
            combination.failed(process.reason());
            System.err.println("failed: " + combination.name() + ": " + process.reason());
        }
        return true;
    }

    private static String summary(SweepResults results) {
        long complete = results.count(Combination.State.COMPLETE);
        long failed = results.count(Combination.State.FAILED);
        long unfinished = results.count(Combination.State.UNFINISHED);
        long changed = results.count(Combination.State.CHANGED);
        return complete + " complete, " + failed + " failed, " + unfinished + " unfinished, "
                + results.count(Combination.State.NEW) + " new"
                + (changed == 0 ? "" : ", " + changed + " with another configuration than now");
    }
}
