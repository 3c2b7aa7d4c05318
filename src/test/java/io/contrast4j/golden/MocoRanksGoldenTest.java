package io.contrast4j.golden;

import static io.contrast4j.golden.GoldenTraining.assertWithin;
import static io.contrast4j.golden.Precision.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.contrast4j.dist.GradientReducer;
import io.contrast4j.dist.ProcessRanks;
import io.contrast4j.dist.ThreadRanks;
import io.contrast4j.method.Method;
import io.contrast4j.method.Moco;
import io.contrast4j.method.Replicated;
import io.contrast4j.method.SharedBatch;
import io.contrast4j.negatives.AllRows;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * The trajectories of several processes, run as they were: ranks that each have their part of the batch, exchange pictures
 * and keys over Gloo, and average gradients with c10d's Reducer.
 */
@Tag("golden")
class MocoRanksGoldenTest {
    @TestFactory
    Stream<DynamicTest> trajectories() {
        return Goldens.find("align_uniform", "moco_trajectories*.json").flatMap(file -> {
            JsonObject cases = Goldens.json(file);
            return cases.keySet().stream()
                    .filter(name -> !name.startsWith("_"))
                    .filter(name -> cases.getAsJsonObject(name)
                                    .getAsJsonObject("config")
                                    .get("world_size")
                                    .getAsInt()
                            > 1)
                    .flatMap(name -> Stream.of(Precision.values())
                            .map(precision -> DynamicTest.dynamicTest(
                                    name + " " + precision,
                                    () -> run(file, name, cases.getAsJsonObject(name), precision))));
        });
    }

    private static void run(Path file, String name, JsonObject golden, Precision precision) {
        assumeTrue(Goldens.device().is_cpu(), "ranks are threads of one process here, and their group is one of CPUs");
        int world = golden.getAsJsonObject("config").get("world_size").getAsInt();
        ThreadRanks.run(world, ranks -> {
            torch.set_num_threads(1);
            new Rank(new MocoTrajectory(file, name, golden, precision), golden, precision, ranks).run();
            return true;
        });
    }

    private record Rank(MocoTrajectory trajectory, JsonObject golden, Precision precision, ProcessRanks ranks) {
        void run() {
            try (Arena arena = new Arena();
                    Scope scope = Scope.open()) {
                Backbone online = trajectory.online(arena);
                MomentumEncoder momentum = trajectory.momentum(online);
                FeatureQueue queue = trajectory.queue();
                Moco moco = new Moco(
                        trajectory.settings(1), online, momentum, queue, new AllRows(), trajectory.objective(), ranks);
                try (Method method = Replicated.of(moco, new SharedBatch(ranks, SharedBatch.LossOf.RANK));
                        GradientReducer gradients = new GradientReducer(
                                ranks, online.module(), ThreadRanks.config(Duration.ofSeconds(60)));
                        Sgd optimizer = trajectory.optimizer(online.module())) {
                    JsonArray steps = golden.getAsJsonArray("steps");
                    for (int s = 0; s < steps.size(); s++) {
                        JsonObject step = steps.get(s).getAsJsonObject();
                        gradients.begin();
                        Method.Output output = method.forward(
                                part(trajectory.input(s)), new StepContext(s, 1, 1, trajectory.given(s)));
                        checkForward(s, step, output);
                        optimizer.zeroGrad();
                        gradients.backward(output.loss().total());
                        checkGradients(s, step, online.module());
                        optimizer.step();
                        method.commit(output);
                        checkAfter(
                                s,
                                step,
                                queue,
                                online.module(),
                                momentum.network().module());
                    }
                }
            }
        }

        private int rank() {
            return ranks.world().rank();
        }

        private Method.Input part(Method.Input whole) {
            return new Method.Input(
                    whole.views().stream().map(this::part).toList(), part(whole.labels()), part(whole.indices()));
        }

        private Tensor part(Tensor whole) {
            long rows = whole.size(0) / ranks.world().size();
            return whole.narrow(0, rank() * rows, rows);
        }

        private void checkForward(int s, JsonObject step, Method.Output output) {
            double expected = step.getAsJsonArray("per_rank")
                    .get(rank())
                    .getAsJsonObject()
                    .get("total")
                    .getAsDouble();
            double tolerance = precision.of(1e-9, s == 0 ? 1e-5 : 2e-4);
            assertClose("step " + s + " loss", Tensors.scalar(output.loss().total()), expected, 0, tolerance);
            double feature = precision.of(1e-9, 5e-5);
            assertWithin("q", output.features().get(0), part(trajectory.tensor("step" + s + "/q")), feature);
            Tensor shuffled = trajectory.tensor("step" + s + "/k_shuffled");
            Tensor order = trajectory.given(s).permutation(shuffled.size(0)).argsort();
            assertWithin("k", output.keys().get(0), shuffled.index_select(0, Goldens.here(order)), feature);
        }

        private void checkGradients(int s, JsonObject step, Module online) {
            Map<String, Tensor> gradients = GoldenTraining.gradients(online);
            GoldenTraining.checkNorms(
                    "step " + s + " gradient",
                    gradients,
                    step.getAsJsonObject("grad_norms_encoder_q"),
                    precision.of(1e-9, 1e-3));
            gradients.forEach((key, gradient) -> {
                Tensor expected = trajectory.tensor("step" + s + "/grad/encoder_q." + key);
                if (expected != null) {
                    assertThat(Precision.relative(gradient, expected))
                            .as(key)
                            .isLessThanOrEqualTo(precision.of(1e-7, 1e-3));
                }
            });
        }

        private void checkAfter(int s, JsonObject step, FeatureQueue queue, Module online, Module keys) {
            assertThat(queue.position()).isEqualTo(step.get("queue_ptr").getAsLong());
            Tensor rows = trajectory.tensor("step" + s + "/queue_after").t();
            assertWithin("queue", queue.keys(), rows, precision.of(1e-9, 5e-5));
            GoldenTraining.checkNorms(
                    "step " + s + " weights",
                    StateDict.parameters(online),
                    step.getAsJsonObject("encoder_q_param_norms_after_step"),
                    precision.of(1e-9, 1e-4));
            for (Map.Entry<String, Module> encoder :
                    Map.of("encoder_q.", online, "encoder_k.", keys).entrySet()) {
                List<String> checked = GoldenTraining.buffers(encoder.getValue()).keySet().stream()
                        .filter(key -> isGiven(s, encoder.getKey() + key))
                        .toList();
                checked.forEach(key -> {
                    Tensor expected = trajectory.tensor("step" + s + "/rank" + rank() + "/" + encoder.getKey() + key);
                    Tensor actual = StateDict.of(encoder.getValue()).get(key);
                    double scale = Math.max(1, GoldenTraining.largest(expected));
                    assertWithin(encoder.getKey() + key, actual, expected, precision.of(1e-7 * scale, 1e-5 * scale));
                });
                // Every rank's statistics are in the files after every step.
                assertThat(checked).isNotEmpty();
            }
        }

        private boolean isGiven(int s, String key) {
            return trajectory.tensor("step" + s + "/rank" + rank() + "/" + key) != null;
        }
    }
}
