package io.contrast4j.method;

import io.contrast4j.negatives.FeatureQueue;
import io.contrast4j.negatives.NegativeStore;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Networks;
import io.contrast4j.objective.InfoNce;
import io.contrast4j.objective.Objective;
import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The example of docs/extending.md: nearest neighbours as anchors (Dwibedi, Aytar, Tompson, Sermanet, Zisserman, "With a
 * Little Help from My Friends: Nearest-Neighbor Contrastive Learning of Visual Representations", 2021), without their
 * prediction head.
 *
 * <p>x_i and y_i are the features of two crops of picture i, Q a queue of earlier ones. The row of Q that is nearest to x_i,
 * n_i = argmax_{q∈Q} ⟨x_i, q⟩, is contrasted with the other crops of the batch: y_i is its positive, all y_j of other
 * pictures are its negatives. The loss is the sum of this and of the same with x and y exchanged.
 */
public final class NearestNeighbours implements Method {
    private static final String NAME = "nearest-neighbours";

    private final Backbone network;
    private final NegativeStore queue;
    private final Objective objective;
    private final SharedBatch batch;

    /** It has no settings beyond those of its parts. */
    @TypeName(NAME)
    public record Config() {
        public void check(Parts parts, Problems problems) {
            parts.requireCrops(NAME, 2, problems);
            parts.requireNoLocalCrops(NAME, problems);
            parts.requireInBatch(NAME, problems);
            parts.requireType(
                    parts.store() instanceof FeatureQueue.Config, "store.type", parts.store(), problems, "queue", NAME);
            parts.requireType(
                    parts.objective() instanceof InfoNce.Config,
                    "objective.type",
                    parts.objective(),
                    problems,
                    "infonce",
                    NAME);
        }

        public Networks networks(Parts parts, Setting setting) {
            return parts.oneNetwork(setting);
        }

        public NearestNeighbours build(Networks networks, Parts parts, Setting setting) {
            SharedBatch batch = SharedBatch.of(parts, setting);
            return new NearestNeighbours(
                    networks.backbones().get(0), parts.newStore(setting), parts.newObjective(batch), batch);
        }
    }

    /**
     * @param network owned by the caller
     * @param queue owned by this method
     * @param batch what processes share
     */
    public NearestNeighbours(Backbone network, NegativeStore queue, Objective objective, SharedBatch batch) {
        this.network = network;
        this.queue = queue;
        this.objective = objective;
        this.batch = batch;
    }

    @Override
    public Output forward(Input input, StepContext at) {
        Tensor crops = torch.cat(new TensorVector(input.views().toArray(new Tensor[0])), 0);
        Tensor both = batch.features(network.embed(crops), 2);
        return Autocast.without(both.device(), () -> {
            long pictures = both.size(0) / 2;
            Tensor x = both.narrow(0, 0, pictures);
            Tensor y = both.narrow(0, pictures, pictures);
            List<Scores> scores = List.of(scores("x", x, y), scores("y", y, x));
            return new Output(objective.of(scores), scores, List.of(x, y), List.of(y), input.indices());
        });
    }

    /** The new rule: neighbours of one crop against the other crop of all pictures. */
    private Scores scores(String pair, Tensor crop, Tensor other) {
        // The rows of the store are live: what is picked from them is a copy, which later commits do not change.
        Tensor nearest = queue.rows().products(crop.detach()).argmax(new LongOptional(1), false);
        Tensor products = queue.rows().some(nearest).matmul(other.t());
        Tensor own = products.diagonal().unsqueeze(1);
        Tensor others = products.new_ones(products.size(0), products.size(1)).fill_diagonal_(Tensors.scalar(0));
        return Scores.of(pair, own, products, products.size(1)).keeping(others.ne(Tensors.scalar(0)));
    }

    /** After the optimizer's step, so that the backward pass sees the queue as the loss saw it. */
    @Override
    public void commit(Output output) {
        queue.commit(output.keys().get(0).detach(), output.indices());
        objective.commit();
    }

    /** Where a step does not count, what its forward passes have set is taken back. */
    @Override
    public void revoke() {
        objective.revoke();
    }

    @Override
    public Map<String, Double> monitors() {
        return parts().monitors();
    }

    @Override
    public void assemble() {
        parts().assemble();
    }

    /** Everything but the network's tensors that a resumed run needs. */
    @Override
    public Map<String, Object> state() {
        return parts().state();
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        parts().restore(state, source);
    }

    private Composition parts() {
        return new Composition().with("queue", queue).with("objective", objective);
    }

    @Override
    public void close() {
        queue.close();
    }
}
