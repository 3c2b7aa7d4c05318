package io.contrast4j.golden;

import static io.contrast4j.golden.GoldenTraining.assertWithin;
import static io.contrast4j.golden.Precision.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.eval.Accuracy;
import io.contrast4j.method.Method;
import io.contrast4j.method.Moco;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.objective.AlignUniform;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Scores;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.OneThread;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Three steps of MoCo with contrastive, alignment and uniformity losses, on one and on several processes, whose batch
 * statistics our shards have. The statistics of a rank but the first are thrown away there, and never kept here.
 */
@Tag("golden")
@ExtendWith(OneThread.class)
class MocoTrajectoryGoldenTest {

    @TestFactory
    Stream<DynamicTest> trajectories() {
        return Goldens.find("align_uniform", "moco_trajectories*.json").flatMap(file -> {
            JsonObject cases = Goldens.json(file);
            return cases.keySet().stream()
                    .filter(name -> !name.startsWith("_"))
                    .flatMap(name -> Stream.of(Precision.values())
                            .map(precision -> DynamicTest.dynamicTest(
                                    name + " " + precision,
                                    () -> new Case(file, name, cases.getAsJsonObject(name), precision).run())));
        });
    }

    private static final class Case {
        private final MocoTrajectory trajectory;
        private final JsonObject golden;
        private final Precision precision;
        private final AlignUniform objective;

        Case(Path file, String name, JsonObject golden, Precision precision) {
            this.trajectory = new MocoTrajectory(file, name, golden, precision);
            this.golden = golden;
            this.precision = precision;
            this.objective = trajectory.objective();
        }

        void run() {
            try (Arena arena = new Arena();
                    Scope scope = Scope.open()) {
                Backbone online = trajectory.online(arena);
                MomentumEncoder momentum = trajectory.momentum(online);
                FeatureQueue queue = trajectory.queue();
                Module keys = momentum.network().module();
                try (Moco moco = new Moco(
                                trajectory.settings(trajectory.ranks()),
                                online,
                                momentum,
                                queue,
                                new AllRows(),
                                objective);
                        Sgd optimizer = trajectory.optimizer(online.module())) {
                    JsonArray steps = golden.getAsJsonArray("steps");
                    for (int s = 0; s < steps.size(); s++) {
                        JsonObject step = steps.get(s).getAsJsonObject();
                        Method.Output output =
                                moco.forward(trajectory.input(s), new StepContext(s, 1, 1, trajectory.given(s)));
                        checkForward(s, step, output, keys);
                        optimizer.zeroGrad();
                        output.loss().total().backward();
                        checkGradients(s, step, online.module());
                        optimizer.step();
                        moco.commit(output);
                        checkAfter(s, step, queue, online.module(), keys);
                    }
                }
            }
        }

        private Tensor tensor(String key) {
            return trajectory.tensor(key);
        }

        private void checkForward(int s, JsonObject step, Method.Output output, Module keys) {
            String at = "step " + s + " ";
            double tolerance = precision.of(1e-9, s == 0 ? 1e-5 : 2e-4);
            JsonArray perRank = step.getAsJsonArray("per_rank");
            assertThat(output.scores()).hasSameSizeAs(perRank);
            double mean = 0;
            for (int rank = 0; rank < perRank.size(); rank++) {
                JsonObject expected = perRank.get(rank).getAsJsonObject();
                Scores scores = output.scores().get(rank);
                Map<String, Tensor> term = objective.term(scores);
                Map<String, String> names = Map.of(
                        "loss", "total", "contrastive", "loss_contr", "align", "loss_align", "unif", "loss_unif");
                names.forEach((part, published) -> {
                    assertThat(term.containsKey(part))
                            .as(part)
                            .isEqualTo(!expected.get(published).isJsonNull());
                    if (term.containsKey(part)) {
                        double loss = expected.get(published).getAsDouble();
                        assertClose(at + published, Tensors.scalar(term.get(part)), loss, 0, tolerance);
                    }
                });
                mean += expected.get("total").getAsDouble() / perRank.size();
                if (expected.has("acc1_acc5")) {
                    checkLogits(at, s, rank, scores, Goldens.doubles(expected.getAsJsonArray("acc1_acc5")));
                }
            }
            assertClose(at + "loss", Tensors.scalar(output.loss().total()), mean, 0, tolerance);

            double feature = precision.of(1e-9, 5e-5);
            assertWithin(at + "q", output.features().get(0), tensor("step" + s + "/q"), feature);
            Tensor shuffled = output.keys()
                    .get(0)
                    .index_select(0, Goldens.here(trajectory.given(s).permutation(trajectory.batch())));
            assertWithin(at + "k", shuffled, tensor("step" + s + "/k_shuffled"), feature);
            GoldenTraining.checkNorms(
                    at + "key encoder",
                    StateDict.parameters(keys),
                    step.getAsJsonObject("encoder_k_param_norms_used_in_this_step"),
                    precision.of(1e-9, 1e-4));
        }

        private void checkLogits(String at, int s, int rank, Scores scores, double[] accuracies) {
            Tensor logits = torch.cat(new TensorVector(scores.positive(), scores.negatives()), 1)
                    .detach()
                    .div(Tensors.scalar(trajectory.number("tau")));
            long rows = logits.size(0);
            Tensor expected = tensor("step" + s + "/logits").narrow(0, rank * rows, rows);
            assertWithin(at + "logits", logits, expected, precision.of(1e-9, 5e-5 / trajectory.number("tau")));
            Tensor targets = Goldens.here(Tensors.zeros(ScalarType.Long, rows));
            assertThat(Accuracy.top(logits, targets, 1)).as(at + "acc1").isEqualTo(accuracies[0]);
            assertThat(Accuracy.top(logits, targets, 5)).as(at + "acc5").isEqualTo(accuracies[1]);
        }

        private void checkGradients(int s, JsonObject step, Module online) {
            Map<String, Tensor> gradients = GoldenTraining.gradients(online);
            GoldenTraining.checkNorms(
                    "step " + s + " gradient",
                    gradients,
                    step.getAsJsonObject("grad_norms_encoder_q"),
                    precision.of(1e-9, 1e-3));
            gradients.forEach((key, gradient) -> {
                Tensor expected = tensor("step" + s + "/grad/encoder_q." + key);
                if (expected != null) {
                    assertThat(Precision.relative(gradient, expected))
                            .as(key)
                            .isLessThanOrEqualTo(precision.of(1e-7, 1e-3));
                }
            });
        }

        private void checkAfter(int s, JsonObject step, FeatureQueue queue, Module online, Module keys) {
            String at = "step " + s + " ";
            assertThat(queue.position()).isEqualTo(step.get("queue_ptr").getAsLong());
            Tensor rows = tensor("step" + s + "/queue_after").t();
            assertWithin(at + "queue", queue.keys(), rows, precision.of(1e-9, 5e-5));
            GoldenTraining.checkNorms(
                    at + "weights",
                    StateDict.parameters(online),
                    step.getAsJsonObject("encoder_q_param_norms_after_step"),
                    precision.of(1e-9, 1e-4));
            checkState(s, "encoder_q.", online, step);
            checkState(s, "encoder_k.", keys, step);
        }

        /** Running statistics and final parameters, which are kept in float32. */
        private void checkState(int s, String prefix, Module module, JsonObject step) {
            boolean last = s == golden.getAsJsonArray("steps").size() - 1;
            Map<String, Tensor> parameters = StateDict.parameters(module);
            StateDict.of(module).forEach((key, value) -> {
                if (key.endsWith("num_batches_tracked")) {
                    assertThat(Arrays.stream(Tensors.longs(value)).sum())
                            .isEqualTo(step.get("num_batches_tracked").getAsLong());
                    return;
                }
                boolean isParameter = parameters.containsKey(key);
                Tensor expected = isParameter
                        ? last ? tensor("final/" + prefix + key) : null
                        : tensor("step" + s + "/rank0/" + prefix + key);
                if (expected != null) {
                    double scale = Math.max(1, GoldenTraining.largest(expected));
                    double tolerance = precision.of(1e-7 * scale, isParameter ? 5e-5 : 1e-5 * scale);
                    assertWithin("step " + s + " " + prefix + key, value, expected, tolerance);
                }
            });
        }
    }

    /** Which rows each process encodes, and which it takes back. */
    @TestFactory
    Stream<DynamicTest> shuffles() {
        return Goldens.find("align_uniform", "moco_trajectories*.json")
                .map(Goldens::json)
                .filter(golden -> golden.has("_shuffle_index_cases"))
                .flatMap(golden -> Goldens.stream(golden.getAsJsonArray("_shuffle_index_cases")))
                .map(JsonElement::getAsJsonObject)
                .map(golden ->
                        DynamicTest.dynamicTest(golden.get("world_size") + " processes", () -> checkShuffle(golden)));
    }

    private static void checkShuffle(JsonObject golden) {
        int ranks = golden.get("world_size").getAsInt();
        long size = golden.get("per_rank").getAsLong();
        long[] order = Goldens.longs(golden.getAsJsonArray("idx_shuffle"));
        Draws given = new Draws() {
            @Override
            public Tensor items(long rows, long columns, long n) {
                throw new AssertionError("all rows of the queue are negatives");
            }

            @Override
            public Tensor permutation(long n) {
                return Tensors.of(order, n);
            }
        };
        try (Arena arena = new Arena();
                Scope scope = Scope.open()) {
            Recorder recorder = arena.own(() -> new Recorder(new Module(), new ArrayList<>()));
            Recorder online = arena.own(() -> new Recorder(new Module(), new ArrayList<>()));
            Moco.Config settings = new Moco.Config(
                    1, MomentumEncoder.Buffers.OWN, Moco.Update.AFTER_STEP, ranks, false, Optional.empty());
            MomentumEncoder momentum = new MomentumEncoder(
                    new MomentumEncoder.Config(1, MomentumEncoder.Buffers.OWN), online, () -> recorder);
            FeatureQueue queue = new FeatureQueue.Config(4).build(9, 1, ScalarType.Double, Goldens.device());
            try (Moco moco =
                    new Moco(settings, online, momentum, queue, new AllRows(), new InfoNce(new InfoNce.Config(1)))) {
                Tensor none = Tensors.zeros(ScalarType.Long, order.length);
                double[] rows =
                        LongStream.range(0, order.length).asDoubleStream().toArray();
                Tensor images = Goldens.here(Tensors.of(rows, order.length, 1, 1, 1));
                Method.Output output = moco.forward(
                        new Method.Input(List.of(images, images), none, none), new StepContext(0, 1, 1, given));

                assertThat(recorder.seen).hasSize(ranks);
                long[] back = Tensors.longs(Tensors.of(order, order.length).argsort());
                assertThat(back).isEqualTo(Goldens.longs(golden.getAsJsonArray("idx_unshuffle")));
                for (int rank = 0; rank < ranks; rank++) {
                    // Of one process the whole batch shares its statistics in any order: it is not shuffled here.
                    long[] all = LongStream.range(0, size).toArray();
                    assertThat(recorder.seen.get(rank))
                            .isEqualTo(ranks == 1 ? all : row(golden.getAsJsonArray("rank_input_rows"), rank));
                    assertThat(Arrays.stream(back).skip(rank * size).limit(size).toArray())
                            .isEqualTo(row(golden.getAsJsonArray("rank_restore_rows"), rank));
                }
                assertThat(Tensors.doubles(output.keys().get(0))).isEqualTo(rows);
            }
        }
    }

    private static long[] row(JsonArray table, int row) {
        return Goldens.longs(table.get(row).getAsJsonArray());
    }

    /** Passes the numbers of the rows through, and notes which it has seen together. */
    private record Recorder(Module module, List<long[]> seen) implements Backbone {
        @Override
        public Set<String> taps() {
            return Set.of(EMBEDDING);
        }

        @Override
        public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
            seen.add(Arrays.stream(Tensors.doubles(images))
                    .mapToLong(x -> (long) x)
                    .toArray());
            return Map.of(EMBEDDING, images.view(-1, 1));
        }
    }
}
