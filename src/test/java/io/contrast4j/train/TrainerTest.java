package io.contrast4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batching;
import io.contrast4j.data.CropViews;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.data.MemoryFormat;
import io.contrast4j.data.OnCorrupt;
import io.contrast4j.data.PhotoCrops;
import io.contrast4j.data.Views;
import io.contrast4j.eval.Evaluation;
import io.contrast4j.eval.Knn;
import io.contrast4j.eval.LinearProbe;
import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.HorizontalFlip;
import io.contrast4j.image.RandomResizedCrop;
import io.contrast4j.method.Cmc;
import io.contrast4j.negatives.Anchor;
import io.contrast4j.negatives.Measure;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.negatives.UniformSample;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.ProjectionHead;
import io.contrast4j.nn.ResNet;
import io.contrast4j.nn.SelfConEfficientNet;
import io.contrast4j.nn.ViewEncoders;
import io.contrast4j.objective.Nce;
import io.contrast4j.objective.Scores;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Sgd;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.OneThread;
import io.contrast4j.tensor.Precision;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Two epochs of three steps of CMC on tiny crops of real photographs. */
@ExtendWith(OneThread.class)
class TrainerTest {
    private static final int BATCHES = 3;
    private static final int STEPS = 2 * BATCHES;
    private static final Dataset PHOTOS = new PhotoCrops.Config(40, 2, 1, 0.4).openTrain();
    private static final Views VIEWS = new CropViews.Config(
                    1,
                    32,
                    List.of(new RandomResizedCrop.Config(0.2, 1, 0.75, 4 / 3.0), new HorizontalFlip.Config(0.5)),
                    ColorSpace.LAB,
                    List.of(List.of(0), List.of(1, 2)),
                    Optional.empty(),
                    Optional.empty(),
                    new CropViews.Config.Central(Optional.empty(), 32))
            .random();

    private static final int THREADS = torch.get_num_threads();

    /** Layers this small gain nothing from a second thread, and lose much by waiting for it on a busy machine. */
    @BeforeAll
    static void oneThread() {
        torch.set_num_threads(1);
    }

    @AfterAll
    static void allThreads() {
        torch.set_num_threads(THREADS);
    }

    /** What a run is made of, from seeds that are always the same. */
    private static final class TinyRun implements Observer, Trainer.Events, Stateful, AutoCloseable {
        private final Arena arena = new Arena();
        private final List<NegativeStore> banks = new ArrayList<>();
        private final List<String> seen = new ArrayList<>();
        private final List<Long> checkpoints = new ArrayList<>();
        private final List<Long> inspections = new ArrayList<>();
        private final ViewEncoders encoders;
        private IntFunction<Map<String, Double>> validation = epochs -> Map.of();
        private final Cmc method;
        private final Sgd optimizer;
        private final Trainer trainer;
        private final RunCheckpoint content;

        TinyRun(int logEvery, int checkpointEvery) {
            this(logEvery, checkpointEvery, Trainer.OnNonfinite.STOP);
        }

        TinyRun(int logEvery, int checkpointEvery, Trainer.OnNonfinite onNonfinite) {
            this(logEvery, checkpointEvery, onNonfinite, new ResNet.Config(18, 1.0 / 16, 8));
        }

        TinyRun(int logEvery, int checkpointEvery, Trainer.OnNonfinite onNonfinite, Backbone.Config encoder) {
            this(
                    logEvery,
                    new CheckpointPlan(1, checkpointEvery, 0, 1, 0, "auto"),
                    onNonfinite,
                    encoder,
                    new UniformSample(16));
        }

        TinyRun(
                int logEvery,
                int checkpointEvery,
                Trainer.OnNonfinite onNonfinite,
                Backbone.Config encoder,
                NegativeSelector selector) {
            this(logEvery, new CheckpointPlan(1, checkpointEvery, 0, 1, 0, "auto"), onNonfinite, encoder, selector);
        }

        TinyRun(int logEvery, CheckpointPlan plan, Trainer.OnNonfinite onNonfinite, Backbone.Config encoder) {
            this(logEvery, plan, onNonfinite, encoder, new UniformSample(16));
        }

        TinyRun(
                int logEvery,
                CheckpointPlan plan,
                Trainer.OnNonfinite onNonfinite,
                Backbone.Config encoder,
                NegativeSelector selector) {
            Device device = arena.own(() -> Tensors.device("cpu"));
            torch.manual_seed(1);
            encoders = arena.own(() -> new ViewEncoders(encoder, List.of(1, 2)));
            for (int view = 0; view < 2; view++) {
                banks.add(new MemoryBank(new MemoryBank.Config(0.5), PHOTOS.size(), 8, ScalarType.Float, device));
            }
            method = new Cmc(new Cmc.Config(), VIEWS.names(), encoders, banks, selector, new Nce(new Nce.Config(0.2)));
            try (Scope scope = Scope.open()) {
                optimizer = new Sgd(
                        new Sgd.Config(0.03, 0.9, 1e-4, false),
                        StateDict.parameters(encoders).values());
            }
            BatchLoader loader = new BatchLoader(
                    PHOTOS,
                    VIEWS,
                    new EpochOrder.Shuffled(PHOTOS.size(), 2),
                    new Batching(4, Batching.Last.DROP),
                    3,
                    new BatchLoader.Config(1, 2, OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true));
            trainer = new Trainer(
                    new Trainer.Config(2, 4, 1, Precision.FP32, logEvery, onNonfinite, true, Duration.ofMinutes(1)),
                    plan,
                    encoders,
                    method,
                    optimizer,
                    new Schedule.Step(0.03, List.of(1), 0.1, Schedule.Resume.KEEP),
                    loader,
                    device,
                    4);
            content = new RunCheckpoint(
                    Map.of("seed", 1L),
                    encoders,
                    method,
                    new ContrastSection(Optional.empty()),
                    optimizer,
                    trainer,
                    this);
        }

        /** Trains until so many steps are done; true if the training is complete then. */
        boolean until(long steps) {
            return trainer.run(this, this, () -> trainer.steps() >= steps);
        }

        @Override
        public void checkpoint() {
            checkpoints.add(trainer.steps());
        }

        @Override
        public Map<String, Double> validation(int epochs) {
            return validation.apply(epochs);
        }

        /** Judges the networks as a run does. */
        Map<String, Double> accuracies() {
            Evaluation.Config config = new Evaluation.Config(
                    List.of(),
                    "pooled",
                    0,
                    4,
                    true,
                    false,
                    1,
                    new LinearProbe.Config(0.1, 0.9, 0, 2, 8),
                    new Knn.Config(3, 0.07));
            Evaluation.Result result = new Evaluation(
                            config,
                            PHOTOS,
                            PHOTOS,
                            VIEWS,
                            new BatchLoader.Config(1, 2, OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true),
                            Tensors.device("cpu"),
                            5)
                    .of(encoders.backbones());
            return Map.of(Trainer.KNN, result.knn(), "linear", result.linear());
        }

        @Override
        public Path inspection() {
            inspections.add(trainer.steps());
            return Path.of("nonfinite.pth");
        }

        void save(Path file) {
            try (Scope scope = Scope.open()) {
                PthFile.write(file, content.content());
            }
        }

        /** Every value of the run's state by its path; tensors as texts of their numbers. */
        Map<String, String> everything() {
            try (Scope scope = Scope.open()) {
                Map<String, String> values = new TreeMap<>();
                flatten("", content.content(), values);
                return values;
            }
        }

        private static void flatten(String path, Object value, Map<String, String> values) {
            if (value instanceof Map<?, ?> map) {
                map.forEach((key, part) -> flatten(path + "/" + key, part, values));
            } else if (value instanceof Tensor tensor) {
                values.put(path, Arrays.toString(Tensors.doubles(tensor)));
            } else {
                values.put(path, String.valueOf(value));
            }
        }

        @Override
        public void begin(int epoch, int epochs, int firstBatch, int batches) {}

        @Override
        public void step(Step step) {
            seen.add(step.toString());
        }

        @Override
        public void end(Epoch epoch) {
            seen.add(epoch.toString());
        }

        @Override
        public Map<String, Object> state() {
            return Map.of("events", (long) seen.size());
        }

        @Override
        public void restore(Map<String, ?> state, String source) {
            assertThat(seen).isEmpty();
        }

        @Override
        public void close() {
            trainer.close();
            optimizer.close();
            method.close();
            arena.close();
        }
    }

    @Test
    void stoppedAtAnyStepARunGoesOnToTheSameBits(@TempDir Path folder) {
        try (TinyRun whole = new TinyRun(1, 0)) {
            assertThat(whole.until(Long.MAX_VALUE)).isTrue();
            assertThat(whole.seen).hasSize(STEPS + 2);
            Map<String, String> expected = whole.everything();
            assertThat(expected).containsEntry("/epoch", "2").containsEntry("/contrast4j/trainer/step", "6");
            for (int stop = 0; stop < STEPS; stop++) {
                Path file = folder.resolve("step-" + stop + ".pth");
                List<String> events = new ArrayList<>();
                try (TinyRun first = new TinyRun(1, 0)) {
                    assertThat(first.until(stop)).isFalse();
                    assertThat(first.checkpoints.get(first.checkpoints.size() - 1))
                            .isEqualTo(stop);
                    first.save(file);
                    events.addAll(first.seen);
                }
                try (TinyRun second = new TinyRun(1, 0)) {
                    second.content.restore(file);
                    assertThat(second.until(Long.MAX_VALUE)).isTrue();
                    events.addAll(second.seen);
                    assertThat(events).as("stopped after step %d", stop).isEqualTo(whole.seen);
                    Map<String, String> actual = second.everything();
                    actual.put("/contrast4j/log/events", expected.get("/contrast4j/log/events"));
                    assertThat(actual).as("stopped after step %d", stop).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void dropoutGoesOnWithTheSameDraws(@TempDir Path folder) {
        Backbone.Config encoder = new SelfConEfficientNet.Config(0.5, 0.5, List.of(), ProjectionHead.LINEAR, 8);
        Path file = folder.resolve("step-2.pth");
        List<String> events = new ArrayList<>();
        try (TinyRun first = new TinyRun(1, 0, Trainer.OnNonfinite.STOP, encoder)) {
            first.until(2);
            first.save(file);
            events.addAll(first.seen);
            torch.rand(3);
            first.until(4);
            events.addAll(first.seen.subList(2, first.seen.size()));
        }
        try (TinyRun second = new TinyRun(1, 0, Trainer.OnNonfinite.STOP, encoder)) {
            second.content.restore(file);
            second.until(4);
            assertThat(second.seen).isEqualTo(events.subList(2, events.size()));
        }
    }

    @Test
    void anEvaluationWhileTrainingChangesNothing() {
        try (TinyRun without = new TinyRun(1, 0);
                TinyRun with = new TinyRun(1, 0)) {
            List<Map<String, Double>> judged = new ArrayList<>();
            with.validation = epochs -> {
                judged.add(with.accuracies());
                assertThat(with.encoders.is_training()).isTrue();
                with.encoders
                        .backbones()
                        .forEach(backbone ->
                                assertThat(backbone.module().is_training()).isFalse());
                return judged.get(epochs - 1);
            };
            without.until(Long.MAX_VALUE);
            with.until(4);
            with.encoders
                    .backbones()
                    .forEach(backbone ->
                            assertThat(backbone.module().is_training()).isTrue());
            with.until(Long.MAX_VALUE);
            assertThat(with.everything()).isEqualTo(without.everything());
            assertThat(judged).hasSize(2).allSatisfy(each -> assertThat(each).containsOnlyKeys("knn", "linear"));
            assertThat(with.accuracies()).isEqualTo(judged.get(1));
            assertThat(with.seen.get(with.seen.size() - 1))
                    .contains("knn=" + judged.get(1).get("knn"));
        }
    }

    @Test
    void anEvaluationDoesNotDrawFromLibTorchsGenerator() {
        try (TinyRun run = new TinyRun(1, 0);
                Scope scope = Scope.open()) {
            torch.manual_seed(7);
            double expected = Tensors.scalar(torch.rand(1));
            torch.manual_seed(7);
            run.accuracies();
            assertThat(Tensors.scalar(torch.rand(1))).isEqualTo(expected);
        }
    }

    @Test
    void anEvaluationThatIsCutShortIsDoneAgain(@TempDir Path folder) {
        Path file = folder.resolve("evaluating.pth");
        try (TinyRun whole = new TinyRun(1, 0);
                TinyRun first = new TinyRun(1, 0);
                TinyRun second = new TinyRun(1, 0)) {
            whole.validation = epochs -> whole.accuracies();
            whole.until(Long.MAX_VALUE);
            first.validation = epochs -> {
                throw new CancellationException();
            };
            assertThat(first.until(Long.MAX_VALUE)).isFalse();
            assertThat(first.checkpoints).containsExactly((long) BATCHES);
            assertThat(first.seen).hasSize(BATCHES);
            first.save(file);
            second.content.restore(file);
            second.validation = epochs -> second.accuracies();
            assertThat(second.until(Long.MAX_VALUE)).isTrue();
            List<String> events = new ArrayList<>(first.seen);
            events.addAll(second.seen);
            assertThat(events).isEqualTo(whole.seen);
            Map<String, String> actual = second.everything();
            Map<String, String> expected = whole.everything();
            actual.put("/contrast4j/log/events", expected.get("/contrast4j/log/events"));
            assertThat(actual).isEqualTo(expected);
        }
    }

    /** Negatives that are told the accuracy, and change nothing. */
    private static final class Following implements NegativeSelector {
        private final NegativeSelector picking = new UniformSample(16);
        private final List<Double> told = new ArrayList<>();

        @Override
        public Scores select(Anchor anchor, NegativeStore store, StepContext at) {
            return picking.select(anchor, store, at);
        }

        @Override
        public Optional<Measure> follows() {
            return Optional.of(Measure.ACCURACY);
        }

        @Override
        public void observe(double value) {
            told.add(value);
        }
    }

    @Test
    void negativesThatFollowTheAccuracyAreToldThatOfNearestNeighbours() {
        Following negatives = new Following();
        try (TinyRun run = new TinyRun(1, 0, Trainer.OnNonfinite.STOP, new ResNet.Config(18, 1.0 / 16, 8), negatives)) {
            run.validation = epochs -> epochs == 2 ? Map.of("knn", 42.5, "linear", 60.0) : Map.of();
            run.until(Long.MAX_VALUE);
            assertThat(negatives.told).containsExactly(42.5);
        }
    }

    @Test
    void theTimeIsDividedAmongTheStages() {
        try (TinyRun run = new TinyRun(1, 0)) {
            long start = System.nanoTime();
            run.validation = epochs -> run.accuracies();
            run.until(Long.MAX_VALUE);
            double passed = (System.nanoTime() - start) / 1e9;
            StageTimes times = run.trainer.clock().times();
            assertThat(times.seconds()).isBetween(0.8 * passed, passed);
            for (Stage stage : List.of(Stage.FORWARD, Stage.BACKWARD, Stage.OPTIMIZER, Stage.VALIDATION)) {
                assertThat(times.seconds(stage)).as(stage.key()).isPositive();
            }
            assertThat(times.work()).isLessThan(times.seconds());
        }
    }

    @Test
    void aRunCanBeStoppedAfterEveryStep(@TempDir Path folder) {
        Path file = folder.resolve("last.pth");
        List<String> events = new ArrayList<>();
        boolean complete = false;
        for (int stop = 1; stop <= STEPS + 1; stop++) {
            try (TinyRun run = new TinyRun(1, 0)) {
                if (stop > 1) {
                    run.content.restore(file);
                }
                complete = run.until(stop);
                run.save(file);
                events.addAll(run.seen);
            }
        }
        assertThat(complete).isTrue();
        try (TinyRun whole = new TinyRun(1, 0)) {
            whole.until(Long.MAX_VALUE);
            assertThat(events).isEqualTo(whole.seen);
        }
    }

    @Test
    void lossesAreReadAndCheckpointsMadeEverySoManySteps() {
        try (TinyRun run = new TinyRun(2, 2)) {
            run.until(Long.MAX_VALUE);
            assertThat(run.checkpoints).containsExactly(2L, 3L, 4L, 6L);
            List<String> steps =
                    run.seen.stream().filter(event -> event.startsWith("Step")).toList();
            assertThat(steps).hasSize(STEPS);
            for (int i = 0; i < STEPS; i++) {
                assertThat(steps.get(i)).contains("number=" + (i + 1) + ",", "epoch=" + i / BATCHES);
                assertThat(steps.get(i).contains("loss.l=")).isEqualTo(i % 2 == 1);
                assertThat(steps.get(i)).contains("learningRate=" + (i < BATCHES ? "0.03" : "0.003"));
            }
        }
    }

    private static List<Long> checkpoints(CheckpointPlan plan) {
        try (TinyRun run = new TinyRun(1, plan, Trainer.OnNonfinite.STOP, new ResNet.Config(18, 1.0 / 16, 8))) {
            run.until(Long.MAX_VALUE);
            return run.checkpoints;
        }
    }

    @Test
    void eachRhythmOfCheckpointsWorksByItself() {
        // The last one is made in any case.
        assertThat(checkpoints(new CheckpointPlan(0, 0, 0, 1, 0, "auto"))).containsExactly(6L);
        assertThat(checkpoints(new CheckpointPlan(2, 0, 0, 1, 0, "auto"))).containsExactly(6L);
        assertThat(checkpoints(new CheckpointPlan(1, 0, 0, 1, 0, "auto"))).containsExactly(3L, 6L);
        // Steps are counted over the whole run, and the end of an epoch is one of them.
        assertThat(checkpoints(new CheckpointPlan(0, 4, 0, 1, 0, "auto"))).containsExactly(4L, 6L);
        assertThat(checkpoints(new CheckpointPlan(0, 3, 0, 1, 0, "auto"))).containsExactly(3L, 6L);
        // A nanosecond is over after every step, an hour is not.
        double nanosecond = 1e-9 / 60;
        assertThat(checkpoints(new CheckpointPlan(0, 0, nanosecond, 1, 0, "auto")))
                .containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
        assertThat(checkpoints(new CheckpointPlan(0, 0, 60, 1, 0, "auto"))).containsExactly(6L);
    }

    @Test
    void aCompleteRunHasNothingLeftToDo() {
        try (TinyRun run = new TinyRun(1, 0)) {
            run.until(Long.MAX_VALUE);
            int events = run.seen.size();
            assertThat(run.until(Long.MAX_VALUE)).isTrue();
            assertThat(run.seen).hasSize(events);
        }
    }

    @Test
    void aLossThatIsNoNumberEndsTheRunAndItsStateIsKept() {
        for (int logEvery : new int[] {1, 1000}) {
            try (TinyRun run = new TinyRun(logEvery, 0)) {
                run.until(2);
                spoil(run);
                UserError error = catchThrowableOfType(UserError.class, () -> run.until(Long.MAX_VALUE));
                assertThat(error.getMessage())
                        .matches(
                                "The loss is no number \\(loss, loss\\.l, prob\\.l, loss\\.ab, prob\\.ab, from the training"
                                        + " pictures \\[\\d+, \\d+, \\d+, \\d+\\]\\) at step 3 with"
                                        + " optimizer\\.learning-rate = 0\\.03; the state before this step is in nonfinite\\.pth\\."
                                        + " Resume from the last checkpoint with a smaller learning rate \\(and"
                                        + " schedule\\.resume=base, if schedule\\.type = step\\), or with"
                                        + " train\\.on-nonfinite=skip\\.");
                assertThat(error.exitCode()).isEqualTo(UserError.FAILED);
                assertThat(run.inspections).containsExactly(2L);
                assertThat(run.checkpoints).containsExactly(2L);
            }
        }
    }

    @Test
    void onlyThePicturesConcernedAreNamed() {
        try (TinyRun run = new TinyRun(1, 0);
                Scope scope = Scope.open()) {
            long item = 3;
            Tensor row =
                    run.banks.get(1).rowsOf(Tensors.of(new long[] {item}, 1)).orElseThrow();
            assertThat(Tensors.shape(row)).containsExactly(1, 8);
            run.banks.get(1).rows().all().select(0, item).fill_(new Scalar(Double.NaN));
            UserError error = catchThrowableOfType(UserError.class, () -> run.until(Long.MAX_VALUE));
            assertThat(error).hasMessageContaining("loss.l").hasMessageNotContaining("loss.ab");
        }
    }

    @Test
    void aBatchWhoseLossIsNoNumberCanBeLeftOut() {
        try (TinyRun run = new TinyRun(1, 0, Trainer.OnNonfinite.SKIP)) {
            run.until(1);
            Map<String, String> before = run.everything();
            List<double[]> rows = new ArrayList<>();
            try (Scope scope = Scope.open()) {
                run.banks.forEach(bank -> rows.add(Tensors.doubles(bank.rows().all())));
            }
            spoil(run);
            run.until(2);
            restore(run, rows);
            Map<String, String> after = run.everything();
            assertThat(after).containsEntry("/contrast4j/trainer/step", "2");
            before.keySet().stream()
                    .filter(path ->
                            path.startsWith("/model") || path.startsWith("/contrast/") || path.startsWith("/optimizer"))
                    .forEach(path -> assertThat(after.get(path)).as(path).isEqualTo(before.get(path)));
            assertThat(run.until(Long.MAX_VALUE)).isTrue();
        }
    }

    private static void restore(TinyRun run, List<double[]> rows) {
        try (Scope scope = Scope.open()) {
            for (int view = 0; view < rows.size(); view++) {
                Tensor keys = run.banks.get(view).rows().all();
                keys.copy_(Tensors.of(rows.get(view), Tensors.shape(keys)));
            }
        }
    }

    @Test
    void whereAllBatchesAreLeftOutTheRunEnds() {
        try (TinyRun run = new TinyRun(1, 0, Trainer.OnNonfinite.SKIP)) {
            spoil(run);
            assertThat(catchThrowableOfType(UserError.class, () -> run.until(Long.MAX_VALUE)))
                    .hasMessageStartingWith("All batches of epoch 1 were left out");
            assertThat(run.checkpoints).isEmpty();
        }
    }

    private static void spoil(TinyRun run) {
        try (Scope scope = Scope.open()) {
            Stream.of(0, 1).forEach(view -> run.banks.get(view).rows().all().fill_(new Scalar(Double.NaN)));
        }
    }

    /** From a step on it needs a petabyte for more pictures than there may be: what LibTorch then says is the real thing. */
    private record Greedy(UniformSample sample, long fromStep, int most) implements NegativeSelector {
        @Override
        public Scores select(Anchor anchor, NegativeStore store, StepContext at) {
            if (at.step() >= fromStep && anchor.features().size(0) > most) {
                Tensors.empty(ScalarType.Byte, 1L << 50);
            }
            return sample.select(anchor, store, at);
        }
    }

    @Test
    void withoutMemoryForAStepTheRunSaysWhatFitsAndIsSavedAsItWasBefore(@TempDir Path folder) {
        ResNet.Config encoder = new ResNet.Config(18, 1.0 / 16, 8);
        Path file = folder.resolve("step-2.pth");
        List<String> events = new ArrayList<>();
        try (TinyRun run =
                new TinyRun(1, 0, Trainer.OnNonfinite.STOP, encoder, new Greedy(new UniformSample(16), 2, 2))) {
            assertThat(catchThrowableOfType(UserError.class, () -> run.until(Long.MAX_VALUE)))
                    .hasMessage(
                            "The memory of the CPU is not enough for train.batch-size = 4 at step 3; a step of 2 was tried"
                                    + " and fits: set train.batch-size=2 (train.accumulate makes larger steps of small batches), or"
                                    + " train.precision=bf16; the state after step 2 is saved, and --resume goes on from it.");
            assertThat(run.checkpoints).containsExactly(2L);
            run.save(file);
            events.addAll(run.seen);
        }
        try (TinyRun whole = new TinyRun(1, 0);
                TinyRun second = new TinyRun(1, 0)) {
            whole.until(Long.MAX_VALUE);
            second.content.restore(file);
            second.until(Long.MAX_VALUE);
            events.addAll(second.seen);
            assertThat(events).isEqualTo(whole.seen);
        }
    }

    /** As MoCo with two shards; what it says of itself would be in place of what was wrong. */
    @Test
    void aSizeThatTheMethodCannotTakeIsNoneThatFits() {
        ResNet.Config encoder = new ResNet.Config(18, 1.0 / 16, 8);
        NegativeSelector even = new NegativeSelector() {
            private final Greedy greedy = new Greedy(new UniformSample(16), 1, 3);

            @Override
            public Scores select(Anchor anchor, NegativeStore store, StepContext at) {
                if (anchor.features().size(0) % 2 == 1) {
                    throw new IllegalArgumentException("an odd number of pictures");
                }
                return greedy.select(anchor, store, at);
            }
        };
        try (TinyRun run = new TinyRun(1, 0, Trainer.OnNonfinite.STOP, encoder, even)) {
            assertThat(catchThrowableOfType(UserError.class, () -> run.until(Long.MAX_VALUE)))
                    .hasMessageContaining("at step 2; a step of 2 was tried and fits: set train.batch-size=2");
        }
    }

    @Test
    void aFirstStepThatNeverFitsIsSavedNowhere() {
        ResNet.Config encoder = new ResNet.Config(18, 1.0 / 16, 8);
        try (TinyRun run =
                new TinyRun(1, 0, Trainer.OnNonfinite.STOP, encoder, new Greedy(new UniformSample(16), 0, 0))) {
            assertThat(catchThrowableOfType(UserError.class, () -> run.until(Long.MAX_VALUE)))
                    .hasMessage("The memory of the CPU is not enough for train.batch-size = 4 at step 1; set a smaller"
                            + " train.batch-size or views.size, or train.precision=bf16.");
            assertThat(run.checkpoints).isEmpty();
        }
    }

    @Test
    void aFileThatIsNoCheckpointOfARunIsRefused(@TempDir Path folder) {
        Path file = folder.resolve("other.pth");
        PthFile.write(file, Map.of("epoch", 3L));
        try (TinyRun run = new TinyRun(1, 0)) {
            UserError error = catchThrowableOfType(UserError.class, () -> run.content.restore(file));
            assertThat(error)
                    .hasMessage(
                            file
                                    + " has no \"contrast4j\": it is not a checkpoint of a contrast4j run and cannot be resumed.");
        }
    }

    @Test
    void aCheckpointOfAnotherVersionIsRefused(@TempDir Path folder) {
        Path file = folder.resolve("old.pth");
        try (TinyRun run = new TinyRun(1, 0);
                Scope scope = Scope.open()) {
            Map<String, Object> old = run.content.content();
            for (long version : List.of(1L, 3L)) {
                old.put("contrast4j", Map.of("format", version));
                PthFile.write(file, old);
                assertThat(catchThrowableOfType(UserError.class, () -> run.content.restore(file)))
                        .hasMessage(file + " is a checkpoint of version " + version
                                + ", and this contrast4j goes on from version 2 only: resume with the contrast4j that"
                                + " wrote it, or begin a new run with its weights by pretrained.weights.");
            }
        }
    }
}
