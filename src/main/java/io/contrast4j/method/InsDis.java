package io.contrast4j.method;

import io.contrast4j.negatives.Anchor;
import io.contrast4j.negatives.Measure;
import io.contrast4j.negatives.NegativeSelector;
import io.contrast4j.negatives.NegativeStore;
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
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Instance discrimination (Wu, Xiong, Yu, Lin, "Unsupervised Feature Learning via Non-Parametric Instance
 * Discrimination", 2018): the feature of a picture is contrasted with what a memory bank remembers of the same picture and
 * of others. With ring or ball negatives it is IR-Ring and IR-Ball (Wu et al., 2021).
 */
public final class InsDis implements Method {
    /** Name of the only pair, and of the only store in a checkpoint. */
    static final String PAIR = "memory";

    private final Backbone backbone;
    private final NegativeStore store;
    private final NegativeSelector selector;
    private final Objective objective;
    private final SharedBatch batch;

    /** InsDis has no settings beyond those of its parts. */
    @TypeName("insdis")
    public record Config() implements Method.Config {
        @Override
        public void check(Parts parts, Problems problems) {
            parts.requireCrops("insdis", 1, problems);
            parts.requireNoLocalCrops("insdis", problems);
            parts.requireMemoryBank("insdis", problems);
            parts.requireStore("insdis", problems);
            parts.checkObjective(Set.of(), problems);
        }

        @Override
        public Networks networks(Parts parts, Setting setting) {
            return parts.oneNetwork(setting);
        }

        @Override
        public InsDis build(Networks networks, Parts parts, Setting setting) {
            SharedBatch batch = SharedBatch.of(parts, setting);
            return new InsDis(
                    networks.backbones().get(0),
                    parts.newStore(setting),
                    parts.negatives().build(),
                    parts.newObjective(batch),
                    batch);
        }
    }

    /** In one process. */
    public InsDis(Backbone backbone, NegativeStore store, NegativeSelector selector, Objective objective) {
        this(backbone, store, selector, objective, SharedBatch.HERE);
    }

    /**
     * @param backbone owned by the caller
     * @param store with one row for each picture, owned by this method
     * @param batch what processes share
     */
    public InsDis(
            Backbone backbone, NegativeStore store, NegativeSelector selector, Objective objective, SharedBatch batch) {
        this.batch = batch;
        this.backbone = backbone;
        this.store = store;
        this.selector = selector;
        this.objective = objective;
    }

    @Override
    public Output forward(Input input, StepContext at) {
        Tensor features = batch.features(backbone.embed(input.views().get(0)));
        return Autocast.without(features.device(), () -> contrast(features, input.indices(), at));
    }

    /** The loss of features that are already there, N×D; indices as in {@link Input}. */
    public Output contrast(Tensor features, Tensor indices, StepContext at) {
        Anchor anchor = new Anchor(PAIR, features, Optional.empty(), indices, batch.size(indices.size(0)));
        List<Scores> scores = List.of(selector.select(anchor, store, at).within(List.of(Tensors.gram(features))));
        return new Output(objective.of(scores), scores, List.of(features), List.of(features), indices);
    }

    @Override
    public void commit(Output output) {
        store.commit(output.keys().get(0), output.indices());
        objective.commit();
    }

    @Override
    public void revoke() {
        objective.revoke();
    }

    @Override
    public Optional<Measure> follows() {
        return selector.follows();
    }

    @Override
    public void observe(double value) {
        selector.observe(value);
    }

    @Override
    public Map<String, Double> monitors() {
        return composition().monitors();
    }

    @Override
    public void assemble() {
        composition().assemble();
    }

    @Override
    public Map<String, Object> state() {
        return composition().state();
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        composition().restore(state, source);
    }

    private Composition composition() {
        return new Composition().with(PAIR, store).with("negatives", selector).with("objective", objective);
    }

    @Override
    public void close() {
        store.close();
    }
}
