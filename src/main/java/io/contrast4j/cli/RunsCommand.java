package io.contrast4j.cli;

import io.contrast4j.spec.UserError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "runs",
        description = {
            "Lists the runs that come with contrast4j, by source and data: method, architecture, and the accuracy to expect with its"
                    + " source.",
            "",
            "`train NAME` trains one, with data.path=FOLDER for its pictures."
        },
        mixinStandardHelpOptions = true,
        subcommands = {RunsShowCommand.class, CommandLine.HelpCommand.class},
        footerHeading = "%nExamples:%n",
        footer = {
            "  contrast4j runs",
            "  contrast4j runs moco imagenet-100 --estimate",
            "  contrast4j runs show align-uniform-strong-b128-lr03-3a-u3",
            "  contrast4j train align-uniform-strong-b128-lr03-3a-u3 data.path=/data/imagenet"
        })
final class RunsCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "WORD",
            arity = "0..*",
            description =
                    "Only runs with all of these words in their names, methods, data, architectures or sources, such as moco imagenet-100.")
    private List<String> words = List.of();

    @Option(
            names = "--estimate",
            description =
                    "Measures small steps of each kind of run, once each, and estimates the hours of the training on this"
                            + " machine; reading pictures is left out.")
    private boolean isEstimated;

    @Override
    public Integer call() {
        List<RunSummary> runs = new ArrayList<>();
        ConfFolder.installed().runs().forEach((name, file) -> runs.add(RunSummary.of(name, file)));
        runs.removeIf(run ->
                !words.stream().allMatch(word -> String.join(" ", columns(run)).contains(word)));
        if (runs.isEmpty()) {
            throw new UserError(
                    UserError.USAGE, "No run has " + String.join(" and ", words) + "; `contrast4j runs` lists all.");
        }
        List<RunTable> tables = RunTable.of(runs);
        if (isEstimated) {
            estimated(tables);
        } else {
            tables.forEach(table -> {
                table.heading().forEach(System.out::println);
                table.rows().forEach(row -> System.out.println("  " + row));
                System.out.println();
            });
            System.out.println((runs.size() == 1 ? "One run" : runs.size() + " runs")
                    + ", with the top-1 accuracy to expect where a source gives one.");
            System.out.println("`contrast4j runs show NAME` shows one, `contrast4j train NAME` trains it.");
        }
        return 0;
    }

    /** A line is printed as soon as it is known: the next one may take a while. */
    private static void estimated(List<RunTable> tables) {
        double load = ThisMachine.load();
        long kinds = tables.stream()
                .flatMap(table -> table.runs().stream())
                .map(RunSummary::cost)
                .distinct()
                .count();
        Map<Map<String, String>, Estimate> known = new HashMap<>();
        Set<String> devices = new TreeSet<>();
        for (RunTable table : tables) {
            table.heading().forEach(System.out::println);
            List<String> rows = table.rows();
            System.out.println("     hours");
            for (int i = 0; i < rows.size(); i++) {
                RunSummary run = table.runs().get(i);
                Estimate estimate = known.get(run.cost());
                if (estimate == null) {
                    System.err.println("measuring " + (known.size() + 1) + " of " + kinds + ": " + run.method() + ", "
                            + run.architecture() + ", " + run.config().views().size() + " pixels");
                    estimate = measured(run.configOfStep(), devices);
                    known.put(run.cost(), estimate);
                }
                System.out.println("  " + hours(run, estimate) + "  " + rows.get(i));
            }
            System.out.println();
        }
        System.out.println("Hours are of training steps alone on " + String.join(", ", devices) + ", from "
                + known.size() + (known.size() == 1 ? " kind" : " kinds") + " of steps on a few pictures of noise;");
        System.out.println("reading pictures, logs, checkpoints and evaluations are not in them.");
        System.out.print(ThisMachine.busy(load).lines().map(line -> line + "\n").collect(Collectors.joining()));
    }

    private static String hours(RunSummary run, Estimate estimate) {
        int epochs = run.config().train().epochs();
        return run.pictures()
                .map(pictures -> estimate.hours(pictures, epochs))
                .map(hours -> String.format(Locale.ROOT, hours < 100 ? "%8.1f" : "%,8.0f", hours))
                .orElse("       ?");
    }

    private static Estimate measured(RunConfig config, Set<String> devices) {
        try (Workplace place = Workplace.alone(config)) {
            Device device = place.device();
            devices.add(device.is_cuda() ? "one GPU" : "the CPU with " + torch.get_num_threads() + " threads");
            return Estimate.ofSteps(StepTime.ofSmallSteps(config, device));
        }
    }

    private static List<String> columns(RunSummary run) {
        return List.of(run.name(), run.method(), run.data(), run.architecture(), run.expected(), run.source());
    }
}
