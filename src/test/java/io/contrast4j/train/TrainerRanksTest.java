package io.contrast4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batching;
import io.contrast4j.data.CropViews;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.data.MemoryFormat;
import io.contrast4j.data.OnCorrupt;
import io.contrast4j.data.PhotoCrops;
import io.contrast4j.data.Views;
import io.contrast4j.dist.Alone;
import io.contrast4j.dist.Gradients;
import io.contrast4j.dist.Ranks;
import io.contrast4j.dist.ThreadRanks;
import io.contrast4j.dist.World;
import io.contrast4j.image.ColorSpace;
import io.contrast4j.image.HorizontalFlip;
import io.contrast4j.image.RandomResizedCrop;
import io.contrast4j.method.Method;
import io.contrast4j.method.Moco;
import io.contrast4j.method.Replicated;
import io.contrast4j.method.SharedBatch;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.nn.ResNet;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.optim.Schedule;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Precision;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** MoCo on tiny crops of photographs, in several ranks and in one process with as many shards. */
class TrainerRanksTest {
    private static final int BATCH = 32;
    private static final Dataset PHOTOS = new PhotoCrops.Config(40, 14, 1, 0.4).openTrain();
    private static final Views VIEWS = new CropViews.Config(
                    2,
                    32,
                    List.of(new RandomResizedCrop.Config(0.2, 1, 0.75, 4 / 3.0), new HorizontalFlip.Config(0.5)),
                    ColorSpace.RGB,
                    List.of(List.of(0, 1, 2)),
                    Optional.empty(),
                    Optional.empty(),
                    new CropViews.Config.Central(Optional.empty(), 32))
            .random();

    /**
     * What a training leaves.
     *
     * @param values of all tensors, by name
     * @param losses of each step
     */
    private record Trained(Map<String, double[]> values, List<Double> losses) {}

    private static Trained train(Ranks ranks, int shards, int accumulate, int stopAfter) {
        torch.set_num_threads(1);
        World world = ranks.world();
        int rows = BATCH / accumulate / world.size();
        try (Arena arena = new Arena()) {
            Device device = arena.own(() -> Tensors.device("cpu"));
            Drawn drawn = Drawn.fresh(arena, device);
            Backbone online = drawn.online();
            MomentumEncoder momentum = drawn.momentum();
            FeatureQueue queue = drawn.queue();
            try (Scope scope = Scope.open()) {
                double[] keys = new double[48 * 8];
                for (int i = 0; i < keys.length; i++) {
                    keys[i] = Math.sin(i * 0.37 + 1);
                }
                queue.restore(Map.of("queue", Tensors.unitRows(Tensors.of(keys, 48, 8)), "position", 0L), "the test");
            }
            Moco.Config settings = new Moco.Config(
                    0.9, MomentumEncoder.Buffers.OWN, Moco.Update.BEFORE_KEYS, shards, false, Optional.empty());
            Moco moco = new Moco(
                    settings, online, momentum, queue, new AllRows(), new InfoNce(new InfoNce.Config(0.2)), ranks);
            BatchLoader loader = new BatchLoader(
                    PHOTOS,
                    VIEWS,
                    new EpochOrder.BatchPart(
                            new EpochOrder.Shuffled(PHOTOS.size(), 2), world.rank(), world.size(), rows),
                    new Batching(rows, Batching.Last.DROP),
                    3,
                    new BatchLoader.Config(1, 2, OnCorrupt.FAIL, MemoryFormat.CONTIGUOUS, true, true));
            List<Double> losses = new ArrayList<>();
            try (Scope scope = Scope.open();
                    Method method = Replicated.of(moco, new SharedBatch(ranks, SharedBatch.LossOf.RANK));
                    Gradients gradients =
                            Gradients.of(ranks, online.module(), ThreadRanks.config(Duration.ofSeconds(60)));
                    Sgd optimizer = new Sgd(
                            new Sgd.Config(0.01, 0.9, 1e-4, false),
                            StateDict.parameters(online.module()).values());
                    Trainer trainer = new Trainer(
                            new Trainer.Config(
                                    2,
                                    BATCH / accumulate,
                                    accumulate,
                                    Precision.FP32,
                                    1,
                                    Trainer.OnNonfinite.STOP,
                                    false,
                                    Duration.ofMinutes(1)),
                            new CheckpointPlan(1, 0, 0, 1, 0, "auto"),
                            online.module(),
                            method,
                            optimizer,
                            new Schedule.Step(0.01, List.of(1), 0.1, Schedule.Resume.KEEP),
                            loader,
                            device,
                            4,
                            gradients)) {
                // Only the last rank is asked to stop.
                boolean isAsked = world.rank() == world.size() - 1;
                boolean isComplete =
                        trainer.run(new Losses(losses), new Nothing(), () -> isAsked && trainer.steps() >= stopAfter);
                assertThat(isComplete).isEqualTo(stopAfter == Integer.MAX_VALUE);
                Map<String, double[]> values = new TreeMap<>();
                StateDict.parameters(online.module()).forEach((name, x) -> values.put("q." + name, Tensors.doubles(x)));
                StateDict.parameters(momentum.network().module())
                        .forEach((name, x) -> values.put("k." + name, Tensors.doubles(x)));
                values.put("queue", Tensors.doubles(queue.keys()));
                values.put("steps", new double[] {trainer.steps()});
                return new Trained(values, losses);
            }
        }
    }

    private static Backbone network() {
        Backbone network = new ResNet.Config(18, 1.0 / 16, 8).build(3);
        network.module().to(ScalarType.Double, false);
        return new Wide(network);
    }

    /** In float64: in float32 the order of sums decides on which side of a kink a value falls, and steps depart from there. */
    private record Wide(Backbone network) implements Backbone {
        @Override
        public Module module() {
            return network.module();
        }

        @Override
        public Set<String> taps() {
            return network.taps();
        }

        @Override
        public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
            return network.forward(images.to(ScalarType.Double), taps);
        }
    }

    /** What is made with random numbers. */
    private record Drawn(Backbone online, MomentumEncoder momentum, FeatureQueue queue) {
        /** Synchronised: threads share LibTorch's generator. */
        static synchronized Drawn fresh(Arena arena, Device device) {
            torch.manual_seed(1);
            Backbone online = arena.own(TrainerRanksTest::network);
            return new Drawn(
                    online,
                    new MomentumEncoder(
                            new MomentumEncoder.Config(0.9, MomentumEncoder.Buffers.OWN),
                            online,
                            TrainerRanksTest::network),
                    new FeatureQueue.Config(48).build(PHOTOS.size(), 8, ScalarType.Double, device));
        }
    }

    private record Losses(List<Double> seen) implements Observer {
        @Override
        public void begin(int epoch, int epochs, int done, int steps) {}

        @Override
        public void step(Step step) {
            assertThat(step.samples()).isEqualTo(BATCH);
            seen.add(step.loss().get("loss"));
        }

        @Override
        public void end(Epoch epoch) {
            seen.add(epoch.means().get("loss"));
        }
    }

    private record Nothing() implements Trainer.Events {
        @Override
        public void checkpoint() {}

        @Override
        public Path inspection() {
            throw new AssertionError("all losses are numbers");
        }

        @Override
        public Map<String, Double> validation(int epochs) {
            return Map.of();
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 1", "4, 1", "2, 2"})
    void ranksLearnWhatOneProcessWithAsManyShardsLearns(int size, int accumulate) {
        Trained expected = train(new Alone(), size, accumulate, Integer.MAX_VALUE);
        List<Trained> ranks = ThreadRanks.run(size, rank -> train(rank, 1, accumulate, Integer.MAX_VALUE));
        for (Trained rank : ranks) {
            assertThat(rank.losses()).hasSameSizeAs(expected.losses());
            for (int i = 0; i < expected.losses().size(); i++) {
                assertThat(rank.losses().get(i)).isCloseTo(expected.losses().get(i), within(1e-9));
            }
            assertThat(rank.values().keySet()).isEqualTo(expected.values().keySet());
            expected.values().forEach((name, values) -> {
                double[] here = rank.values().get(name);
                assertThat(here).as(name).hasSameSizeAs(values);
                for (int i = 0; i < values.length; i++) {
                    assertThat(here[i]).as(name).isCloseTo(values[i], within(1e-8));
                }
            });
            // To the last bit on all ranks: nothing is exchanged but gradients and keys.
            rank.values()
                    .forEach((name, values) -> assertThat(values)
                            .as(name)
                            .containsExactly(ranks.get(0).values().get(name)));
        }
    }

    @Test
    void allStopWhereOneIsAskedTo() {
        List<Trained> ranks = ThreadRanks.run(2, rank -> train(rank, 1, 1, 3));
        assertThat(ranks)
                .allSatisfy(rank -> assertThat(rank.values().get("steps")).containsExactly(3));
    }
}
