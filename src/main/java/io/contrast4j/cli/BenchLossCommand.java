package io.contrast4j.cli;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

@Command(
        name = "loss",
        description = {
            "Measures how fast features are scored against memory banks, forward and backward, against the plain formulation,"
                    + " which gathers all picked rows; and how long the selection of rings takes.",
            "The contestants take turns on the same numbers; figures are medians."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  contrast4j bench loss --rows 200000,1281167")
final class BenchLossCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Option(
            names = "--rows",
            paramLabel = "N",
            split = ",",
            defaultValue = "200000",
            description = "Rows of the bank that negatives are drawn from (default: ${DEFAULT-VALUE}).")
    private List<Integer> rows = List.of();

    @Option(names = "--batch", defaultValue = "64", description = "Features (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(
            names = "--negatives",
            paramLabel = "K",
            defaultValue = "16384",
            description = "Negatives of each (default: ${DEFAULT-VALUE}).")
    private int negatives;

    @Option(
            names = "--ring-rows",
            paramLabel = "N",
            defaultValue = "50000",
            description = "Rows of the bank that rings are selected from (default: ${DEFAULT-VALUE}).")
    private int ringRows;

    @Option(
            names = "--ring-batch",
            paramLabel = "B",
            defaultValue = "256",
            description = "Features that rings are selected for (default: ${DEFAULT-VALUE}).")
    private int ringBatch;

    @Option(
            names = "--ring-negatives",
            paramLabel = "K",
            defaultValue = "4096",
            description = "Negatives drawn from a ring (default: ${DEFAULT-VALUE}).")
    private int ringNegatives;

    @Option(
            names = "--subset",
            paramLabel = "M",
            defaultValue = "16384",
            description = "Rows that are looked at where not all are (default: ${DEFAULT-VALUE}).")
    private int subset;

    @Option(names = "--dim", defaultValue = "128", description = "Length of a feature (default: ${DEFAULT-VALUE}).")
    private int dim;

    @Option(names = "--rounds", defaultValue = "9", description = "Turns of each (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--device",
            defaultValue = "cpu",
            description = "auto, cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
    private String device = "cpu";

    @Override
    public Integer call() {
        require(!rows.isEmpty() && rows.stream().allMatch(n -> n >= 1), "--rows", rows);
        require(batch >= 1, "--batch", batch);
        require(negatives >= 1, "--negatives", negatives);
        require(ringRows >= 100, "--ring-rows", ringRows);
        require(ringBatch >= 1, "--ring-batch", ringBatch);
        require(ringNegatives >= 1, "--ring-negatives", ringNegatives);
        require(subset >= 100, "--subset", subset);
        require(dim >= 1, "--dim", dim);
        require(rounds >= 1, "--rounds", rounds);
        Natives.announce();
        Device where = Devices.choose(device);
        torch.manual_seed(1);
        System.out.printf("LibTorch with %d threads, features of length %d%n%n", torch.get_num_threads(), dim);
        for (int n : rows) {
            System.out.printf(
                    "InfoNCE, forward and backward: %d features, %d negatives each out of %d%n", batch, negatives, n);
            print("faster", new LossBench(batch, dim, rounds, where).sampled(n, negatives), false);
        }
        System.out.printf("rings, forward: %d features, out of %d%n", ringBatch, ringRows);
        print("times", new LossBench(ringBatch, dim, rounds, where).ring(ringRows, ringNegatives, subset), true);
        return 0;
    }

    private static void print(String comparison, List<LossBench.Row> table, boolean inverse) {
        System.out.printf("  %-36s %10s %10s %14s%n", "", "ms", comparison, "extra memory");
        for (LossBench.Row row : table) {
            System.out.printf(
                    Locale.ROOT,
                    "  %-36s %10.1f %10.2f %14s%n",
                    row.contestant(),
                    row.millis(),
                    inverse ? 1 / row.ratio() : row.ratio(),
                    row.extraBytes().isPresent()
                            ? String.format(
                                    Locale.ROOT, "%.0f MB", row.extraBytes().getAsLong() / 1e6)
                            : "");
        }
        System.out.println();
    }

    private void require(boolean holds, String option, Object value) {
        if (!holds) {
            throw new ParameterException(
                    Objects.requireNonNull(spec).commandLine(),
                    option + " " + value + " is too small; use a larger number");
        }
    }
}
