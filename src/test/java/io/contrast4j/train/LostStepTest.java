package io.contrast4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.contrast4j.dist.Distributed;
import io.contrast4j.dist.Gradients;
import io.contrast4j.dist.LostRank;
import io.contrast4j.dist.Ranks;
import io.contrast4j.dist.ThreadRanks;
import io.contrast4j.dist.World;
import io.contrast4j.method.InsDis;
import io.contrast4j.method.Moco;
import io.contrast4j.method.Replicated;
import io.contrast4j.method.SharedBatch;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.MemoryBank;
import io.contrast4j.negatives.ShardedBank;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.nn.ProjectionHead;
import io.contrast4j.nn.Stem;
import io.contrast4j.nn.TorchvisionResNet;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.OneThread;
import io.contrast4j.tensor.Precision;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A rank that is lost at any exchange of a step: what is left is the state after the step before, and can go on. */
@ExtendWith(OneThread.class)
class LostStepTest {
    private static final int THREADS = torch.get_num_threads();
    private static final int DIM = 6;

    @TempDir
    Path folder;

    @BeforeAll
    static void oneThread() {
        torch.set_num_threads(1);
    }

    @AfterAll
    static void allThreads() {
        torch.set_num_threads(THREADS);
    }

    /**
     * Two ranks, of which the other one always has the same, until it is gone.
     *
     * @param left exchanges until then
     */
    private record Mirror(AtomicInteger left) implements Ranks {
        static Mirror without() {
            return new Mirror(new AtomicInteger(Integer.MAX_VALUE));
        }

        private void count() {
            if (left.decrementAndGet() < 0) {
                throw ThreadRanks.lost();
            }
        }

        @Override
        public World world() {
            return new World(0, 2, 0, 2);
        }

        @Override
        public Tensor gather(Tensor rows) {
            count();
            return torch.cat(new TensorVector(rows.detach(), rows.detach()), 0);
        }

        @Override
        public Tensor exchange(Tensor rows) {
            return gather(rows.narrow(0, 0, rows.size(0) / 2));
        }

        @Override
        public void sum(List<Tensor> tensors) {
            count();
            try (NoGrad noGrad = NoGrad.open()) {
                tensors.forEach(tensor -> tensor.mul_(Tensors.scalar(2)));
            }
        }

        @Override
        public void broadcast(List<Tensor> tensors) {
            count();
        }

        @Override
        public void settle() {
            count();
        }

        @Override
        public void close() {}
    }

    private record MirroredGradients(Mirror ranks, Module module) implements Gradients {
        @Override
        public void begin() {
            ranks.broadcast(List.of());
        }

        @Override
        public void accumulate(Tensor loss) {
            loss.backward();
        }

        @Override
        public void backward(Tensor loss) {
            loss.backward();
            try (Scope scope = Scope.open()) {
                List<Tensor> gradients = StateDict.parameters(module).values().stream()
                        .map(Tensor::grad)
                        .toList();
                ranks.sum(gradients);
                try (NoGrad noGrad = NoGrad.open()) {
                    gradients.forEach(gradient -> gradient.mul_(Tensors.scalar(0.5)));
                }
            }
        }

        @Override
        public void close() {}
    }

    private static final TorchvisionResNet.Config ENCODER =
            new TorchvisionResNet.Config(18, 4, 1, Stem.CIFAR, false, ProjectionHead.MLP, DIM);

    /** Two epochs of two steps: of 14 pictures, two batches of 7 or three of 4. */
    private static TinyTraining training(Mirror ranks, Moco.Update update, int accumulate) {
        return new TinyTraining(
                new Trainer.Config(
                        2,
                        accumulate == 1 ? 7 : 4,
                        accumulate,
                        Precision.FP32,
                        1,
                        Trainer.OnNonfinite.STOP,
                        true,
                        Duration.ofMinutes(1)),
                arena -> parts(arena, ranks, update),
                new Sgd.Config(0.03, 0.9, 1e-4, false),
                // Another learning rate in each epoch: it changes before the first exchange of a step.
                new Schedule.Step(0.03, List.of(1), 0.1, Schedule.Resume.KEEP),
                module -> new MirroredGradients(ranks, module));
    }

    private static TinyTraining.Parts parts(Arena arena, Mirror ranks, Moco.Update update) {
        TorchvisionResNet online = arena.own(() -> ENCODER.build(3));
        MomentumEncoder.Buffers buffers = MomentumEncoder.Buffers.OWN;
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
                new InfoNce.Config(0.2).build(),
                ranks);
        return new TinyTraining.Parts(
                online.module(), Replicated.of(moco, new SharedBatch(ranks, SharedBatch.LossOf.RANK)));
    }

    /** Of a bank that is dealt out nobody has the lost rank's rows: that is said beside the rank. */
    @Test
    void aBankThatIsDealtOutCannotBeSavedWithoutTheLostRank() {
        // In one process nothing but the time-out ends an exchange with a rank that has left.
        Distributed patience = ThreadRanks.config(Duration.ofSeconds(5));
        List<String> ends = ThreadRanks.run(2, patience, ranks -> {
            try (TinyTraining training = new TinyTraining(
                    new Trainer.Config(
                            2, 7, 1, Precision.FP32, 1, Trainer.OnNonfinite.STOP, true, Duration.ofMinutes(1)),
                    arena -> sharded(arena, ranks),
                    new Sgd.Config(0.03, 0.9, 1e-4, false),
                    new Schedule.Step(0.03, List.of(1), 0.1, Schedule.Resume.KEEP),
                    module -> Gradients.of(ranks, module, patience))) {
                if (!ranks.world().isFirst()) {
                    assertThatThrownBy(() -> training.trainer.run(training, training, () -> {
                                if (training.trainer.steps() == 1) {
                                    throw new CancellationException("it leaves");
                                }
                                return false;
                            }))
                            .isInstanceOf(CancellationException.class);
                    return "left";
                }
                LostRank lost = catchThrowableOfType(LostRank.class, () -> training.until(Long.MAX_VALUE));
                assertThat(lost).hasMessageContaining("Rank 1");
                assertThat(training.checkpoints).isEmpty();
                assertThat(lost.getSuppressed())
                        .singleElement()
                        .satisfies(notSaved -> assertThat(notSaved)
                                .isInstanceOf(LostRank.class)
                                .hasMessage(lost.getMessage()));
                return "lost";
            }
        });
        assertThat(ends).containsExactly("lost", "left");
    }

    private static TinyTraining.Parts sharded(Arena arena, Ranks ranks) {
        TorchvisionResNet online = arena.own(() -> ENCODER.build(3));
        SharedBatch batch = new SharedBatch(ranks, SharedBatch.LossOf.RANK);
        ShardedBank bank = new ShardedBank(
                new MemoryBank.Config(0.5),
                TinyTraining.PHOTOS.size(),
                DIM,
                ScalarType.Float,
                arena.own(() -> Tensors.device("cpu")),
                ranks);
        InsDis insdis = new InsDis(online, bank, new AllRows.Config().build(), new InfoNce.Config(0.2).build(), batch);
        return new TinyTraining.Parts(online.module(), Replicated.of(insdis, batch));
    }

    @ParameterizedTest
    @CsvSource({"AFTER_STEP, 1", "BEFORE_KEYS, 2"})
    void whateverExchangeFailsTheStepHasNotBeen(Moco.Update update, int accumulate) {
        Map<String, String> expected;
        int exchanges;
        Mirror counted = Mirror.without();
        try (TinyTraining whole = training(counted, update, accumulate)) {
            whole.save(folder.resolve("start.pth"));
            assertThat(whole.until(Long.MAX_VALUE)).isTrue();
            expected = whole.everything();
            exchanges = Integer.MAX_VALUE - counted.left().get();
        }
        // In each step: whether to stop, statistics, those of keys, shuffle and back, keys, indices, whether finite,
        // gradients, losses.
        assertThat(exchanges).isGreaterThanOrEqualTo(4 * 10);
        // Of the third step, before which the learning rate falls: the others are like it.
        for (int exchange = exchanges / 2; exchange < exchanges * 3 / 4; exchange++) {
            goesOnAfterALossAt(exchange, update, accumulate, expected);
        }
    }

    private void goesOnAfterALossAt(int exchange, Moco.Update update, int accumulate, Map<String, String> expected) {
        Path left = folder.resolve("left.pth");
        long steps;
        try (TinyTraining training = training(new Mirror(new AtomicInteger(exchange)), update, accumulate)) {
            // From the same random weights and keys, whatever was drawn before.
            training.content.restore(folder.resolve("start.pth"));
            LostRank lost = catchThrowableOfType(LostRank.class, () -> training.until(Long.MAX_VALUE));
            assertThat(lost).isNotNull();
            assertThat(lost.getSuppressed()).isEmpty();
            assertThat(training.checkpoints).endsWith(training.trainer.steps());
            steps = training.trainer.steps();
            training.save(left);
        }
        try (TinyTraining resumed = training(Mirror.without(), update, accumulate)) {
            resumed.content.restore(left);
            assertThat(resumed.trainer.steps()).isEqualTo(steps);
            assertThat(resumed.until(Long.MAX_VALUE)).isTrue();
            assertThat(resumed.everything()).as("lost at exchange %d", exchange).isEqualTo(expected);
        }
    }
}
