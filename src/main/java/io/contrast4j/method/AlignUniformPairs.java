package io.contrast4j.method;

import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Networks;
import io.contrast4j.objective.Objective;
import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Alignment of two crops and uniformity of each, without any negatives (Wang and Isola, "Understanding Contrastive
 * Representation Learning through Alignment and Uniformity on the Hypersphere", 2020): their example on STL-10. Both crops
 * pass the network together. For the same losses with MoCo, choose {@code method.type = moco}.
 */
public final class AlignUniformPairs implements Method {
    private static final String NAME = "align-uniform";

    private final Backbone network;
    private final Objective objective;
    private final SharedBatch batch;

    /** It has no settings beyond those of its parts. */
    @TypeName(NAME)
    public record Config() implements Method.Config {
        @Override
        public void check(Parts parts, Problems problems) {
            parts.requireCrops(NAME, 2, problems);
            parts.requireNoLocalCrops(NAME, problems);
            parts.requireNoStore(NAME, problems);
            parts.requireInBatch(NAME, problems);
            parts.requireType(
                    parts.objective() instanceof io.contrast4j.objective.AlignUniform.Config,
                    "objective.type",
                    parts.objective(),
                    problems,
                    "align-uniform",
                    NAME);
            parts.checkObjective(Set.of(Scores.Trait.NO_NEGATIVES), problems);
        }

        @Override
        public Networks networks(Parts parts, Setting setting) {
            return parts.oneNetwork(setting);
        }

        @Override
        public AlignUniformPairs build(Networks networks, Parts parts, Setting setting) {
            SharedBatch batch = SharedBatch.of(parts, setting);
            return new AlignUniformPairs(networks.backbones().get(0), parts.newObjective(batch), batch);
        }
    }

    /**
     * @param network owned by the caller
     * @param batch what processes share
     */
    public AlignUniformPairs(Backbone network, Objective objective, SharedBatch batch) {
        this.batch = batch;
        this.network = network;
        this.objective = objective;
    }

    @Override
    public Output forward(Input input, StepContext at) {
        Tensor crops = torch.cat(new TensorVector(input.views().toArray(new Tensor[0])), 0);
        Tensor both = batch.features(network.embed(crops), input.views().size());
        return Autocast.without(both.device(), () -> compare(both, input));
    }

    private Output compare(Tensor both, Input input) {
        long pictures = input.indices().size(0);
        Tensor x = both.narrow(0, 0, pictures);
        Tensor y = both.narrow(0, pictures, pictures);
        Tensor positive = x.mul(y).sum(new long[] {1}, true, null);
        Scores scores = Scores.of("crops", positive, x.narrow(1, 0, 0), pictures)
                .within(List.of(Tensors.gram(x), Tensors.gram(y)));
        return new Output(objective.of(List.of(scores)), List.of(scores), List.of(x, y), List.of(), input.indices());
    }

    @Override
    public void commit(Output output) {
        objective.commit();
    }

    @Override
    public void revoke() {
        objective.revoke();
    }

    @Override
    public Map<String, Object> state() {
        return new Composition().with("objective", objective).state();
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        new Composition().with("objective", objective).restore(state, source);
    }

    @Override
    public void close() {}
}
