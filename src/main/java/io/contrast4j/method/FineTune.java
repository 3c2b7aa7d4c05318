package io.contrast4j.method;

import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.FineTunedNetwork;
import io.contrast4j.nn.MultiExit;
import io.contrast4j.nn.Networks;
import io.contrast4j.objective.OneStageLoss;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Autocast;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Supervised training of an encoder and a fresh linear classifier together, by cross-entropy: what is done to pretrained weights
 * for a task of one's own, or with the labels of few pictures (Chen et al., "A Simple Framework for Contrastive Learning of
 * Visual Representations", 2020, section 6).
 */
public final class FineTune implements Method {
    private static final String NAME = "fine-tune";

    private final FineTunedNetwork network;
    private final Backbone replicated;
    private final OneStageLoss loss = new OneStageLoss(OneStageLoss.Variant.CE.weights(), 1);
    private final SharedBatch batch;

    /** @param headRate learning rate of the classifier, as a multiple of the encoder's, above 0 */
    @TypeName(NAME)
    public record Config(double headRate) implements Method.Config {
        public Config {
            new Problems().above("headRate", headRate, 0).raise();
        }

        @Override
        public void check(Parts parts, Problems problems) {
            parts.requireCrops(NAME, 1, problems);
            parts.requireNoLocalCrops(NAME, problems);
            parts.requireNoStore(NAME, problems);
            parts.requireInBatch(NAME, problems);
            parts.requireNoObjective(NAME, problems);
            parts.requireType(
                    !(parts.encoder() instanceof MultiExit.Config),
                    "encoder.type",
                    parts.encoder(),
                    problems,
                    "a network without exits (those with exits are trained by method.type = one-stage)",
                    NAME);
        }

        @Override
        public Set<String> taps(Parts parts) {
            Set<String> taps = new LinkedHashSet<>(parts.encoder().taps());
            taps.add(FineTunedNetwork.LOGITS);
            return taps;
        }

        @Override
        public Networks networks(Parts parts, Setting setting) {
            FineTunedNetwork network = network(parts, setting);
            network.to(setting.device(), false);
            return new Networks(network, List.of(setting.parallel().over(network, () -> network(parts, setting))));
        }

        private static FineTunedNetwork network(Parts parts, Setting setting) {
            return setting.build(
                    () -> FineTunedNetwork.of(parts.encoder(), parts.channels().get(0), setting.classes()));
        }

        @Override
        public FineTune build(Networks networks, Parts parts, Setting setting) {
            return new FineTune(
                    (FineTunedNetwork) networks.module(), networks.backbones().get(0), SharedBatch.of(parts, setting));
        }
    }

    /**
     * @param network owned by the caller
     * @param replicated the network, over one device or several
     * @param batch what processes share
     */
    public FineTune(FineTunedNetwork network, Backbone replicated, SharedBatch batch) {
        this.network = network;
        this.replicated = replicated;
        this.batch = batch;
    }

    @Override
    public Output forward(Input input, StepContext at) {
        Map<String, Tensor> outputs =
                replicated.forward(input.views().get(0), Set.of(FineTunedNetwork.LOGITS, network.source()));
        Tensor logits = batch.features(outputs.get(FineTunedNetwork.LOGITS));
        Tensor features = batch.features(outputs.get(network.source()).flatten(1, -1));
        return Autocast.without(
                logits.device(),
                () -> new Output(
                        loss.of(Tensors.wide(logits), List.of(), List.of(), input.labels()),
                        List.of(),
                        List.of(Tensors.unitRows(features)),
                        List.of(),
                        input.indices()));
    }

    @Override
    public void commit(Output output) {}

    @Override
    public void revoke() {}

    @Override
    public Map<String, Object> state() {
        return Map.of();
    }

    @Override
    public void restore(Map<String, ?> state, String source) {}

    @Override
    public void close() {}
}
