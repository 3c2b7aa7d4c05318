package io.contrast4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.contrast4j.checkpoint.PthFile;
import io.contrast4j.method.Method;
import io.contrast4j.method.Moco;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.nn.ProjectionHead;
import io.contrast4j.nn.Stem;
import io.contrast4j.nn.TorchvisionResNet;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Sgd;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.OneThread;
import io.contrast4j.tensor.Precision;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Momentum contrast of a network with batch norms: everything that a step changes before it is known to count. */
@ExtendWith(OneThread.class)
class StepRecoveryTest {
    private static final int THREADS = torch.get_num_threads();
    private static final int DIM = 6;

    @TempDir
    Path folder;

    /** Layers this small gain nothing from a second thread, and lose much by waiting for it on a busy machine. */
    @BeforeAll
    static void oneThread() {
        torch.set_num_threads(1);
    }

    @AfterAll
    static void allThreads() {
        torch.set_num_threads(THREADS);
    }

    /** A method to which some of the batches that it sees come with pictures of which a pixel is no number. */
    private record Spoiled(Method method, Set<Integer> batches, List<Integer> seen) implements Method {
        @Override
        public Output forward(Input input, StepContext at) {
            seen.add(seen.size());
            if (!batches.contains(seen.size() - 1)) {
                return method.forward(input, at);
            }
            List<Tensor> views = input.views().stream().map(Tensor::clone).toList();
            views.forEach(view -> view.select(0, 1).select(0, 0).fill_(Tensors.scalar(Double.NaN)));
            return method.forward(new Input(views, input.labels(), input.indices()), at);
        }

        @Override
        public void commit(Output output) {
            method.commit(output);
        }

        @Override
        public void revoke() {
            method.revoke();
        }

        @Override
        public Map<String, Object> state() {
            return method.state();
        }

        @Override
        public void restore(Map<String, ?> state, String source) {
            method.restore(state, source);
        }

        @Override
        public void close() {
            method.close();
        }
    }

    private record Kind(Moco.Update update, MomentumEncoder.Buffers buffers, Set<Integer> spoiled) {
        private static final TorchvisionResNet.Config ENCODER =
                new TorchvisionResNet.Config(18, 4, 1, Stem.CIFAR, false, ProjectionHead.MLP, DIM);

        TinyTraining.Parts parts(Arena arena) {
            TorchvisionResNet online = arena.own(() -> ENCODER.build(3));
            Moco moco = new Moco(
                    new Moco.Config(0.9, buffers, update, 1, false, Optional.empty()),
                    online,
                    new MomentumEncoder(new MomentumEncoder.Config(0.9, buffers), online, () -> ENCODER.build(3)),
                    new FeatureQueue.Config(11)
                            .build(
                                    TinyTraining.PHOTOS.size(),
                                    DIM,
                                    ScalarType.Float,
                                    arena.own(() -> Tensors.device("cpu"))),
                    new AllRows.Config().build(),
                    new InfoNce.Config(0.2).build());
            return new TinyTraining.Parts(online.module(), new Spoiled(moco, spoiled, new ArrayList<>()));
        }
    }

    private static final Kind SOUND = new Kind(Moco.Update.BEFORE_KEYS, MomentumEncoder.Buffers.OWN, Set.of());

    private static TinyTraining training(
            Kind kind, Precision precision, int accumulate, Trainer.OnNonfinite onNonfinite) {
        return new TinyTraining(
                new Trainer.Config(3, 4, accumulate, precision, 1, onNonfinite, true, Duration.ofMinutes(1)),
                kind::parts,
                new Sgd.Config(0.03, 0.9, 1e-4, false),
                new Schedule.Step(0.03, List.of(1), 0.1, Schedule.Resume.BASE));
    }

    /** With float16, some steps are left out because their scale is too large. */
    @ParameterizedTest
    @CsvSource({"BF16, 1", "FP16, 1", "FP32, 2", "FP16, 2"})
    void stoppedAnywhereItGoesOnToTheSameBits(Precision precision, int accumulate) {
        Path start = folder.resolve("start.pth");
        try (TinyTraining fresh = training(SOUND, precision, accumulate, Trainer.OnNonfinite.STOP)) {
            saveWithScale(fresh, start, 0x1p30);
        }
        try (TinyTraining whole = training(SOUND, precision, accumulate, Trainer.OnNonfinite.STOP)) {
            whole.content.restore(start);
            assertThat(whole.until(Long.MAX_VALUE)).isTrue();
            int steps = whole.steps.size();
            assertThat(steps).isEqualTo(accumulate == 1 ? 9 : 6);
            if (precision == Precision.FP16) {
                List<Double> scales = whole.steps.stream()
                        .map(step -> step.monitors().get("gradient_scale"))
                        .toList();
                assertThat(scales.get(0)).isEqualTo(0x1p30);
                assertThat(scales.get(steps - 1)).isLessThan(0x1p30);
            }
            for (int stop = 1; stop < steps; stop += 2) {
                Path file = folder.resolve("step-" + stop + ".pth");
                List<Observer.Step> seen;
                try (TinyTraining first = training(SOUND, precision, accumulate, Trainer.OnNonfinite.STOP)) {
                    first.content.restore(start);
                    assertThat(first.until(stop)).isFalse();
                    first.save(file);
                    seen = new ArrayList<>(first.steps);
                }
                try (TinyTraining second = training(SOUND, precision, accumulate, Trainer.OnNonfinite.STOP)) {
                    second.content.restore(file);
                    assertThat(second.until(Long.MAX_VALUE)).isTrue();
                    seen.addAll(second.steps);
                    assertThat(seen).as("stopped after step %d", stop).isEqualTo(whole.steps);
                    assertThat(second.everything())
                            .as("stopped after step %d", stop)
                            .isEqualTo(whole.everything());
                }
            }
        }
    }

    private static void saveWithScale(TinyTraining training, Path file, double scale) {
        try (Scope scope = Scope.open()) {
            Map<String, Object> content = training.content.content();
            if (section(section(content, "contrast4j"), "trainer").containsKey("scaler")) {
                section(section(section(content, "contrast4j"), "trainer"), "scaler")
                        .put("scale", scale);
            }
            PthFile.write(file, content);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> section(Map<String, Object> tree, String name) {
        return (Map<String, Object>) tree.get(name);
    }

    /** What is saved for inspection is the state before the step, so that a run goes on from it as if nothing had been. */
    @ParameterizedTest
    @CsvSource({
        "BEFORE_KEYS, OWN, 1, 3",
        "BEFORE_KEYS, COPIED, 1, 4",
        "AFTER_STEP, OWN, 1, 3",
        "BEFORE_KEYS, OWN, 2, 1",
        "BEFORE_KEYS, COPIED, 2, 3"
    })
    void theStateThatIsInspectedCanBeGoneOnFrom(
            Moco.Update update, MomentumEncoder.Buffers buffers, int accumulate, int spoiled) {
        Path file = folder.resolve("nonfinite.pth");
        Kind sound = new Kind(update, buffers, Set.of());
        Trainer.OnNonfinite stop = Trainer.OnNonfinite.STOP;
        try (TinyTraining whole = training(sound, Precision.FP32, accumulate, stop);
                TinyTraining broken =
                        training(new Kind(update, buffers, Set.of(spoiled)), Precision.FP32, accumulate, stop);
                TinyTraining resumed = training(sound, Precision.FP32, accumulate, stop)) {
            whole.until(Long.MAX_VALUE);
            UserError error = catchThrowableOfType(
                    UserError.class, () -> broken.inspectingAt(file).until(Long.MAX_VALUE));
            assertThat(error)
                    .hasMessageMatching("The loss is no number \\(loss, .*, from the training pictures"
                            + " \\[\\d+, \\d+, \\d+, \\d+\\]\\) at step \\d with optimizer\\.learning-rate = 0\\.\\d+;"
                            + " the state before this step is in .*nonfinite\\.pth\\. .*");
            resumed.content.restore(file);
            resumed.until(Long.MAX_VALUE);
            assertThat(resumed.everything()).isEqualTo(whole.everything());
        }
    }

    /** The key encoder follows the step before those that are left out, once; nothing else changes. */
    @ParameterizedTest
    @CsvSource({"BEFORE_KEYS, OWN", "BEFORE_KEYS, COPIED", "AFTER_STEP, OWN"})
    void stepsThatAreLeftOutLeaveNothingBehind(Moco.Update update, MomentumEncoder.Buffers buffers) {
        Kind kind = new Kind(update, buffers, Set.of(4, 5));
        try (TinyTraining run = training(kind, Precision.FP32, 1, Trainer.OnNonfinite.SKIP)) {
            run.until(4);
            Map<String, String> before = changing(run);
            run.until(5);
            Map<String, String> once = changing(run);
            run.until(6);
            Map<String, String> twice = changing(run);
            assertThat(twice).isEqualTo(once);
            if (update == Moco.Update.BEFORE_KEYS) {
                assertThat(once).containsEntry("/contrast4j/method/followed", "true");
                once.remove("/contrast4j/method/followed");
                List.of(before, once).forEach(state -> state.keySet().removeIf(path -> path.startsWith("/model_ema")));
            }
            assertThat(once).isEqualTo(before);
            assertThat(run.until(Long.MAX_VALUE)).isTrue();
            assertThat(run.everything()).doesNotContainKey("/contrast4j/method/followed");
            assertThat(run.steps.get(4).loss().get("loss")).isNaN();
            assertThat(run.steps.get(8).loss().get("loss")).isFinite();
        }
    }

    private static Map<String, String> changing(TinyTraining run) {
        Map<String, String> state = new TreeMap<>(run.everything());
        state.keySet()
                .removeIf(path -> path.startsWith("/contrast4j/trainer")
                        || path.startsWith("/contrast4j/log")
                        || path.equals("/epoch"));
        return state;
    }

    @Test
    void anotherNumberOfBatchesInAStepIsRefusedInMidEpoch() {
        Path file = folder.resolve("step-1.pth");
        try (TinyTraining first = training(SOUND, Precision.FP32, 1, Trainer.OnNonfinite.STOP);
                TinyTraining second = training(SOUND, Precision.FP32, 2, Trainer.OnNonfinite.STOP)) {
            first.until(1);
            first.save(file);
            assertThat(catchThrowableOfType(UserError.class, () -> second.content.restore(file)))
                    .hasMessage(file + " is from an epoch after 1 batches, which are no whole number of steps of 2; use"
                            + " the train.accumulate that it was trained with.");
        }
    }

    /** A step in bfloat16 is near the same one in float32, but not the same. */
    @Test
    void lossesInBfloat16AreNearThoseInFloat32() {
        try (TinyTraining full = training(SOUND, Precision.FP32, 1, Trainer.OnNonfinite.STOP);
                TinyTraining half = training(SOUND, Precision.BF16, 1, Trainer.OnNonfinite.STOP)) {
            full.until(1);
            half.until(1);
            double exact = full.steps.get(0).loss().get("loss");
            double rounded = half.steps.get(0).loss().get("loss");
            assertThat(rounded).isNotEqualTo(exact);
            assertThat(Math.abs(rounded / exact - 1)).isLessThan(0.05);
            double norm = full.steps.get(0).monitors().get("gradient_norm");
            assertThat(Math.abs(half.steps.get(0).monitors().get("gradient_norm") / norm - 1))
                    .isLessThan(0.2);
            assertThat(half.everything().keySet()).isEqualTo(full.everything().keySet());
        }
    }
}
