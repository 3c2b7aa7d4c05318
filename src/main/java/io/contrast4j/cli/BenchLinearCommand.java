package io.contrast4j.cli;

import io.contrast4j.data.Batching;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.eval.CachedFeatures;
import io.contrast4j.eval.LinearEvaluation;
import io.contrast4j.nn.Classifier;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
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
        name = "linear",
        description = {
            "Measures how long linear classifiers take that are trained on features in memory, several learning rates at once,"
                    + " with a test after each epoch."
        },
        mixinStandardHelpOptions = true,
        footerHeading = "%nExample:%n",
        footer = "  contrast4j bench linear --epochs 100")
final class BenchLinearCommand implements Runnable {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private final BenchReport report = new BenchReport();

    @Option(names = "--train", defaultValue = "60000", description = "Training features (default: ${DEFAULT-VALUE}).")
    private int train;

    @Option(names = "--test", defaultValue = "10000", description = "Test features (default: ${DEFAULT-VALUE}).")
    private int test;

    @Option(names = "--dim", defaultValue = "512", description = "Length of a feature (default: ${DEFAULT-VALUE}).")
    private int dim;

    @Option(names = "--classes", defaultValue = "10", description = "Classes (default: ${DEFAULT-VALUE}).")
    private int classes;

    @Option(names = "--rates", defaultValue = "10", description = "Learning rates (default: ${DEFAULT-VALUE}).")
    private int rates;

    @Option(names = "--batch", defaultValue = "256", description = "Features in a step (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--epochs", defaultValue = "100", description = "Passes (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Override
    public void run() {
        int[] sizes = {train, test, dim, classes, rates, batch, epochs};
        if (IntStream.of(sizes).anyMatch(size -> size < 1)) {
            throw new ParameterException(
                    Objects.requireNonNull(spec).commandLine(), "all sizes and numbers must be at least 1");
        }
        report.check(Objects.requireNonNull(spec).commandLine());
        Natives.announce();
        try (Scope scope = Scope.open();
                LinearEvaluation evaluation = evaluation()) {
            torch.manual_seed(1);
            CachedFeatures known = features(train, new EpochOrder.Shuffled(train, 1));
            CachedFeatures asked = features(test, new EpochOrder.Sequential(test));
            LinearEvaluation.Watch watch = new LinearEvaluation.Watch() {
                @Override
                public boolean isToStop() {
                    return Interrupt.inProgress();
                }

                @Override
                public void step(long pictures) {}
            };
            long began = System.nanoTime();
            for (int epoch = 0; epoch < epochs; epoch++) {
                evaluation.epoch(known, asked, watch);
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            System.out.printf(
                    Locale.ROOT,
                    "%d × %d, %d classes, %d learning rates, %d epochs, each tested on %d: %.1f s, %.2f s an epoch%n",
                    train,
                    dim,
                    classes,
                    rates,
                    epochs,
                    test,
                    seconds,
                    seconds / epochs);
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("epochs", epochs);
            figures.put("seconds", seconds);
            report.write(figures);
        }
    }

    private LinearEvaluation evaluation() {
        List<Double> all =
                IntStream.range(0, rates).mapToObj(i -> 0.001 * Math.pow(2, i)).toList();
        LinearEvaluation.Plan plan = new LinearEvaluation.Plan(
                Classifier.LINEAR,
                Classifier.Norm.NONE,
                Classifier.Start.NORMAL,
                all,
                epochs,
                batch,
                List.of(),
                new Sgd.Config(all.get(0), 0.9, 0, false),
                new Schedule.Cosine.Config(
                        0,
                        Schedule.Cosine.FloorIs.RATE,
                        Schedule.Last.BEFORE_FLOOR,
                        Optional.empty(),
                        Optional.empty()));
        return new LinearEvaluation(
                plan,
                new LinearEvaluation.Setting(
                        Map.of("features", (long) dim), classes, ScalarType.Float, Tensors.device("cpu"), 1));
    }

    private CachedFeatures features(int rows, EpochOrder order) {
        Tensor values = torch.randn(rows, dim);
        Tensor labels = torch.randint(classes, new long[] {rows}).to(ScalarType.Long);
        return new CachedFeatures(Map.of("features", values), labels, order, new Batching(batch, Batching.Last.KEEP));
    }
}
