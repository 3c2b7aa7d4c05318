package io.contrast4j.cli;

import io.contrast4j.eval.Features;
import io.contrast4j.eval.NearestRows;
import io.contrast4j.eval.NeighbourVote;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.RowProducts;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

@Command(
        name = "knn",
        description = {
            "Measures how long the exact nearest neighbours of features take, against the matrix products alone: all inner"
                    + " products computed, in blocks of 64 MB or in tiles that fit the cache, and nothing done with them."
                    + " Ratios are to the tiles.",
            "The contestants take turns on the same numbers; figures are medians, ratios the medians of those within a round."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  contrast4j bench knn --known 60000 --queries 10000 -k 200")
final class BenchKnnCommand implements Runnable {
    private static final long BLOCK = 64L << 20;
    private static final long TILE_ROWS = 256;
    private static final long TILE_COLUMNS = 2048;

    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private final BenchReport report = new BenchReport();

    @Option(names = "--queries", defaultValue = "10000", description = "Queries (default: ${DEFAULT-VALUE}).")
    private int queries;

    @Option(names = "--known", defaultValue = "60000", description = "Known features (default: ${DEFAULT-VALUE}).")
    private int known;

    @Option(names = "--dim", defaultValue = "128", description = "Length of a feature (default: ${DEFAULT-VALUE}).")
    private int dim;

    @Option(names = "-k", defaultValue = "200", description = "Neighbours (default: ${DEFAULT-VALUE}).")
    private int k;

    @Option(names = "--classes", defaultValue = "10", description = "Classes (default: ${DEFAULT-VALUE}).")
    private int classes;

    @Option(names = "--rounds", defaultValue = "5", description = "Turns of each (default: ${DEFAULT-VALUE}).")
    private int rounds;

    private record Contestant(String name, Runnable work) {}

    @Override
    public void run() {
        require(queries >= 1, "--queries", queries, "at least 1");
        require(known >= 1, "--known", known, "at least 1");
        require(dim >= 1, "--dim", dim, "at least 1");
        require(k >= 1 && k <= known, "-k", k, "1 to --known");
        require(classes >= 1, "--classes", classes, "at least 1");
        require(rounds >= 1, "--rounds", rounds, "at least 1");
        report.check(Objects.requireNonNull(spec).commandLine());
        Natives.announce();
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            torch.manual_seed(1);
            Features train = features(known);
            Features test = features(queries);
            NeighbourVote vote = new NeighbourVote(NeighbourVote.Metric.COSINE, NeighbourVote.Votes.EXPONENTIAL, 0.07);
            List<Contestant> contestants = List.of(
                    new Contestant("matrix products alone, tiles", () -> tiles(test.values(), train.values())),
                    new Contestant("matrix products alone, 64 MB", () -> blocks(test.values(), train.values())),
                    new Contestant(
                            "nearest neighbours",
                            () -> NearestRows.among(test.values(), train.values(), k, (first, found) -> {})),
                    new Contestant("nearest neighbours and votes", () -> vote.among(train, test, List.of(k), classes)));
            System.out.printf(
                    Locale.ROOT,
                    "%d × %d features of length %d, k = %d, %d threads%n%n",
                    queries,
                    known,
                    dim,
                    k,
                    torch.get_num_threads());
            print(contestants, measured(contestants));
        }
    }

    private void print(List<Contestant> contestants, double[][] millis) {
        List<Map<String, Object>> rows = new ArrayList<>();
        System.out.printf("  %-32s %10s %8s   %s%n", "", "ms", "times", "all, ms");
        for (int c = 0; c < contestants.size(); c++) {
            double[] ratios = new double[rounds];
            StringBuilder all = new StringBuilder();
            for (int round = 0; round < rounds; round++) {
                ratios[round] = millis[c][round] / millis[0][round];
                all.append(String.format(Locale.ROOT, " %.0f", millis[c][round]));
            }
            double median = BenchReport.median(millis[c]);
            double ratio = BenchReport.median(ratios);
            System.out.printf(
                    Locale.ROOT,
                    "  %-32s %10.1f %8.2f  %s%n",
                    contestants.get(c).name(),
                    median,
                    ratio,
                    all);
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("contestant", contestants.get(c).name());
            row.put("millis", median);
            row.put("ratio", ratio);
            row.put("rounds", millis[c]);
            rows.add(row);
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("queries", queries);
        figures.put("known", known);
        figures.put("dim", dim);
        figures.put("k", k);
        figures.put("threads", torch.get_num_threads());
        figures.put("rows", rows);
        report.write(figures);
    }

    /** The first turn of each is not counted: Java's compiler is at work in it. */
    private double[][] measured(List<Contestant> contestants) {
        double[][] millis = new double[contestants.size()][rounds];
        for (int round = -1; round < rounds; round++) {
            for (int c = 0; c < contestants.size(); c++) {
                long start = System.nanoTime();
                contestants.get(c).work().run();
                if (round >= 0) {
                    millis[c][round] = (System.nanoTime() - start) / 1e6;
                }
            }
        }
        return millis;
    }

    /** Each thread computes tiles into memory of its own, again and again. */
    private static void tiles(Tensor queries, Tensor known) {
        int threads = torch.get_num_threads();
        long size = queries.size(0);
        IntStream.range(0, threads).parallel().forEach(thread -> {
            try (Scope scope = Scope.open()) {
                Tensor tile = Tensors.empty(ScalarType.Float, TILE_ROWS, TILE_COLUMNS);
                for (long row = TILE_ROWS * (long) thread; row < size; row += TILE_ROWS * (long) threads) {
                    long rows = Math.min(TILE_ROWS, size - row);
                    for (long column = 0; column < known.size(0); column += TILE_COLUMNS) {
                        long columns = Math.min(TILE_COLUMNS, known.size(0) - column);
                        try (Scope one = Scope.open()) {
                            torch.mm_out(
                                    tile.narrow(0, 0, rows).narrow(1, 0, columns),
                                    queries.narrow(0, row, rows),
                                    known.narrow(0, column, columns).t());
                        }
                    }
                }
            }
        });
    }

    private static void blocks(Tensor queries, Tensor known) {
        long rows = Math.max(1, BLOCK / Float.BYTES / known.size(0));
        for (long first = 0; first < queries.size(0); first += rows) {
            try (Scope scope = Scope.open()) {
                RowProducts.of(queries.narrow(0, first, Math.min(rows, queries.size(0) - first)), known);
            }
        }
    }

    private Features features(int count) {
        long[] labels = LongStream.range(0, count).map(i -> i % classes).toArray();
        return new Features(Tensors.unitRows(torch.randn(count, dim)), Tensors.of(labels, count));
    }

    private void require(boolean holds, String option, Object value, String allowed) {
        if (!holds) {
            throw new ParameterException(
                    Objects.requireNonNull(spec).commandLine(), option + " " + value + " must be " + allowed);
        }
    }
}
