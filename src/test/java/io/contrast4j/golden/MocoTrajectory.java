package io.contrast4j.golden;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.contrast4j.method.Method;
import io.contrast4j.method.Moco;
import io.contrast4j.negatives.Draws;
import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.MomentumEncoder;
import io.contrast4j.nn.ProjectionHead;
import io.contrast4j.nn.ResNetStages;
import io.contrast4j.nn.Stem;
import io.contrast4j.nn.TorchvisionResNet;
import io.contrast4j.objective.AlignUniform;
import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A golden file's few steps of MoCo: the parts it is made of, and what goes in. */
final class MocoTrajectory {
    private final String name;
    private final JsonObject golden;
    private final JsonObject config;
    private final Precision precision;
    private final Map<String, Tensor> tensors;

    MocoTrajectory(Path file, String name, JsonObject golden, Precision precision) {
        this.name = name;
        this.golden = golden;
        this.config = golden.getAsJsonObject("config");
        this.precision = precision;
        this.tensors = Goldens.tensors(file);
    }

    /** Pictures in a step, of all processes. */
    int batch() {
        return config.get("B").getAsInt();
    }

    /** Processes that share them. */
    int ranks() {
        return config.get("world_size").getAsInt();
    }

    /** That of a term which has no weight is null, and does not matter. */
    double number(String key) {
        return config.get(key).isJsonNull() ? 1 : config.get(key).getAsDouble();
    }

    AlignUniform objective() {
        double[] weights = Goldens.doubles(config.getAsJsonArray("weights_contr_align_unif"));
        return new AlignUniform(new AlignUniform.Config(
                new AlignUniform.Config.Contrastive(weights[0], number("tau")),
                new AlignUniform.Config.Align(weights[1], number("alpha")),
                new AlignUniform.Config.Uniform(
                        weights[2],
                        number("t"),
                        config.get("intra").getAsBoolean()
                                ? AlignUniform.Pairs.NEGATIVES_AND_BATCH
                                : AlignUniform.Pairs.NEGATIVES)));
    }

    private Backbone network() {
        List<Integer> blocks = Goldens.stream(config.getAsJsonArray("layers"))
                .map(JsonElement::getAsInt)
                .toList();
        boolean bottleneck = config.get("block").getAsString().equals("bottleneck");
        ResNetStages stages =
                new ResNetStages(bottleneck, blocks, config.get("w").getAsInt(), 1, false);
        ProjectionHead head = config.get("mlp").getAsBoolean() ? ProjectionHead.MLP : ProjectionHead.LINEAR;
        return new TorchvisionResNet(
                stages, Stem.IMAGENET, head, config.get("dim").getAsInt(), 3);
    }

    /** The query encoder, which the arena owns. */
    Backbone online(Arena arena) {
        Backbone online = arena.own(this::network);
        Fill.he("encoder_q.").fill(online.module(), precision.type);
        return online;
    }

    /** The key encoder, which the caller closes. */
    MomentumEncoder momentum(Backbone online) {
        return GoldenTraining.follower(config.get("m").getAsDouble(), online, this::network, "encoder_k.", precision);
    }

    FeatureQueue queue() {
        FeatureQueue queue = new FeatureQueue.Config(config.get("K").getAsInt())
                .build(1000, config.get("dim").getAsInt(), precision.type, Goldens.device());
        queue.restore(Map.of("queue", tensor("queue_init").t().contiguous(), "position", 0L), name);
        return queue;
    }

    Moco.Config settings(int shards) {
        return new Moco.Config(
                config.get("m").getAsDouble(),
                MomentumEncoder.Buffers.OWN,
                Moco.Update.BEFORE_KEYS,
                shards,
                false,
                Optional.empty());
    }

    Sgd optimizer(Module module) {
        return GoldenTraining.optimizer(
                config.get("lr").getAsDouble(),
                config.get("sgd_momentum").getAsDouble(),
                config.get("weight_decay").getAsDouble(),
                module);
    }

    /** Null if the file does not have it. */
    Tensor tensor(String key) {
        return tensors.get(name + "/" + key);
    }

    Method.Input input(int step) {
        int side = config.get("img").getAsInt();
        String prefix = golden.get("input_prefix").getAsString() + ".step" + step;
        Tensor none = Tensors.zeros(ScalarType.Long, batch());
        return new Method.Input(
                List.of(
                        Fill.noise(prefix + ".q", precision.type, batch(), 3, side, side),
                        Fill.noise(prefix + ".k", precision.type, batch(), 3, side, side)),
                none,
                none);
    }

    Draws given(int step) {
        return new Draws() {
            @Override
            public Tensor items(long rows, long columns, long n) {
                throw new AssertionError("all rows of the queue are negatives");
            }

            @Override
            public Tensor permutation(long n) {
                return tensor("perms").select(0, step);
            }
        };
    }
}
