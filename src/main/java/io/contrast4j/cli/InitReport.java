package io.contrast4j.cli;

import io.contrast4j.fit.ConfText;
import io.contrast4j.fit.Machine;
import io.contrast4j.fit.Pictures;
import io.contrast4j.fit.Plan;
import io.contrast4j.prepare.Survey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.global.torch;

/** What {@code init} says of pictures, machine and run, on the screen and in the file. */
final class InitReport {
    private static final int REASONS_SHOWN = 3;

    private final Survey survey;
    private final Pictures pictures;

    InitReport(Survey survey, Pictures pictures) {
        this.survey = survey;
        this.pictures = pictures;
    }

    /** Some lines on the pictures. */
    String pictures(String place) {
        List<String> lines = new ArrayList<>();
        lines.add(row("pictures", place + ": " + survey.found().about()));
        lines.add(row("", counts()));
        lines.add(row(
                "",
                String.format(
                        Locale.ROOT,
                        "%d x %d pixels (medians), shorter sides %d to %d (of %d looked at)",
                        Survey.median(survey.widths()),
                        Survey.median(survey.heights()),
                        survey.sides()[0],
                        survey.sides()[survey.sides().length - 1],
                        survey.sides().length)));
        int decoded = survey.inspection().readable();
        lines.add(row("", survey.inspection().grey() + " of " + decoded + " decoded ones are grey"));
        if (survey.transparent() > 0) {
            lines.add(row("", survey.transparent() + " have transparency, which is dropped"));
        }
        if (!survey.damaged().isEmpty()) {
            lines.add(row("", damage()));
            survey.damaged().stream().limit(REASONS_SHOWN).forEach(reason -> lines.add(row("", "  " + reason)));
        }
        return String.join("\n", lines);
    }

    private String counts() {
        int all = survey.found().train().size();
        boolean isSplit = survey.found().unsplit().isPresent();
        return pictures.count() + " to learn from"
                + (isSplit
                        ? ", " + (all - pictures.count()) + " kept to test on"
                        : survey.found()
                                .test()
                                .map(test -> ", " + test.size() + " to test on")
                                .orElse(""))
                + (pictures.classes() == 0 ? ", no classes" : ", " + pictures.classes() + " classes");
    }

    private String damage() {
        int count = survey.damaged().size();
        return count + (count == 1 ? " cannot be read:" : " cannot be read, such as:");
    }

    String machine(Machine machine) {
        return row(
                "machine", about(machine) + ", " + ThisMachine.gib(ThisMachine.available()) + " of memory available");
    }

    private static String about(Machine machine) {
        return machine.cores()
                + (machine.cores() == 1 ? " core, " : " cores, ")
                + (machine.hasGpu() ? "a GPU" : "no GPU");
    }

    /** Some lines on what is going to be trained. */
    String run(FittedRun run, Machine machine, double loadBefore) {
        Plan plan = run.plan();
        String busy = ThisMachine.busy(loadBefore);
        return String.join(
                        "\n",
                        row(
                                "run",
                                plan.technique().title() + ", ResNet-" + plan.depth() + " with " + plan.channels()
                                        + " channels, crops of " + plan.size() + " pixels, batches of " + plan.batch()),
                        row("", plan.epochs() + " epochs of " + plan.stepsPerEpoch(pictures.count()) + " steps"),
                        row("takes", cost(run, machine)))
                + (busy.isEmpty() ? "" : "\n" + row("", busy));
    }

    private String cost(FittedRun run, Machine machine) {
        int batch = run.plan().batch();
        double reading = batch * run.estimate().readingPerPicture();
        return String.format(
                Locale.ROOT,
                "%s a step (%s of it %s), %s in all, %s of %smemory",
                seconds(run.estimate().secondsOfStep(batch)),
                seconds(reading),
                machine.hasGpu() ? "waiting for pictures" : "reading pictures",
                time(run.hours(pictures.count())),
                ThisMachine.gib(run.memory()),
                machine.hasGpu() ? "the GPU's " : "");
    }

    /** Sentences that the file begins with. */
    List<String> header(FittedRun run, Machine machine) {
        return List.of(
                counts().replaceFirst(" ", " pictures ")
                        + ". Written by `contrast4j init`, whose rules are in docs/init.md.",
                "Estimated on " + about(machine)
                        + (machine.hasGpu() ? "" : " (" + torch.get_num_threads() + " threads)")
                        + ", from steps of " + run.measured() + " pictures: " + cost(run, machine)
                        + "; without evaluations.");
    }

    /** What the file is about, still without a header. */
    ConfText.Subject subject(String name, Path train, Path test, String device) {
        Map<String, Object> data = new TreeMap<>(survey.found().settings());
        String why = upper(survey.found().about()) + ".";
        if (survey.found().unsplit().isPresent()) {
            data.put("type", "manifest");
            data.put("train", train.toAbsolutePath().normalize());
            data.put("test", test.toAbsolutePath().normalize());
            why = upper(survey.found().about())
                    + ": nothing says which ones to test on, so two tables keep every tenth one for that.";
        }
        return new ConfText.Subject(name, List.of(), data, why, damageNote(), device);
    }

    private String damageNote() {
        int decoded = survey.inspection().chosen().length;
        if (!survey.damaged().isEmpty()) {
            return survey.damaged().size() + " of the pictures that were looked at cannot be read.";
        }
        return decoded < survey.found().train().size()
                ? "Not all pictures were looked at, and some may be damaged."
                : "";
    }

    private static String upper(String sentence) {
        return sentence.substring(0, 1).toUpperCase(Locale.ROOT) + sentence.substring(1);
    }

    private static String seconds(double seconds) {
        return seconds < 1
                ? String.format(Locale.ROOT, "%.0f ms", 1e3 * seconds)
                : String.format(Locale.ROOT, "%.1f s", seconds);
    }

    private static String time(double hours) {
        return hours < 1
                ? String.format(Locale.ROOT, "%.0f minutes", Math.max(1, 60 * hours))
                : String.format(Locale.ROOT, "%.1f hours", hours);
    }

    private static String row(String topic, String text) {
        return String.format("%-9s %s", topic, text);
    }
}
