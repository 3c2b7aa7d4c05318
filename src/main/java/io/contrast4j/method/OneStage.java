package io.contrast4j.method;

import io.contrast4j.negatives.InBatch;
import io.contrast4j.negatives.StepContext;
import io.contrast4j.nn.Backbone;
import io.contrast4j.nn.Classifier;
import io.contrast4j.nn.MultiExit;
import io.contrast4j.nn.Networks;
import io.contrast4j.nn.OneStageNetwork;
import io.contrast4j.nn.SelfConVgg;
import io.contrast4j.objective.OneStageLoss;
import io.contrast4j.objective.Scores;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Autocast;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Supervised training of a multi-exit network and its classifiers in one stage (Bae et al., "Self-Contrastive Learning",
 * 2023), which SelfCon is compared with: cross-entropy, exits as classifiers, distillation, or the one-stage SelfCon.
 */
public final class OneStage implements Method {
    private static final String NAME = "one-stage";

    private final OneStageNetwork network;
    private final Backbone replicated;
    private final OneStageLoss loss;
    private final SharedBatch batch;

    /**
     * @param variant which loss
     * @param temperature of the distillation and the contrastive term, above 0; 3 in the published runs
     */
    @TypeName(NAME)
    public record Config(OneStageLoss.Variant variant, double temperature) implements Method.Config {
        public Config {
            new Problems().above("temperature", temperature, 0).raise();
        }

        @Override
        public void check(Parts parts, Problems problems) {
            parts.requireCrops(NAME, 1, problems);
            parts.requireNoLocalCrops(NAME, problems);
            parts.requireNoStore(NAME, problems);
            parts.requireInBatch(NAME, problems);
            parts.requireNoObjective(NAME, problems);
            parts.requireType(
                    parts.encoder() instanceof MultiExit.Config,
                    "encoder.type",
                    parts.encoder(),
                    problems,
                    "selfcon-resnet, selfcon-vgg, selfcon-wide-resnet or selfcon-efficientnet",
                    NAME);
        }

        @Override
        public Set<String> taps(Parts parts) {
            return parts.encoder() instanceof MultiExit.Config multiExit
                    ? multiExit.encoderTaps()
                    : Method.Config.super.taps(parts);
        }

        @Override
        public Networks networks(Parts parts, Setting setting) {
            OneStageNetwork network = network(parts, setting);
            network.to(setting.device(), false);
            return new Networks(network, List.of(setting.parallel().over(network, () -> network(parts, setting))));
        }

        private OneStageNetwork network(Parts parts, Setting setting) {
            MultiExit.Config encoder = (MultiExit.Config) parts.encoder();
            return setting.build(() -> new OneStageNetwork(
                    encoder.encoder(parts.channels().get(0)),
                    encoder instanceof SelfConVgg.Config ? Classifier.VGG : Classifier.LINEAR,
                    setting.classes(),
                    variant == OneStageLoss.Variant.SELFCON ? encoder.featureDim() : 0));
        }

        @Override
        public OneStage build(Networks networks, Parts parts, Setting setting) {
            return new OneStage(
                    (OneStageNetwork) networks.module(),
                    networks.backbones().get(0),
                    new OneStageLoss(variant.weights(), temperature),
                    SharedBatch.of(parts, setting));
        }
    }

    /** In one process. */
    public OneStage(OneStageNetwork network, OneStageLoss loss) {
        this(network, network, loss, SharedBatch.HERE);
    }

    /**
     * @param network owned by the caller; with features if the loss contrasts them
     * @param replicated the network, over one device or several
     * @param batch what processes share
     */
    public OneStage(OneStageNetwork network, Backbone replicated, OneStageLoss loss, SharedBatch batch) {
        this.batch = batch;
        this.network = network;
        this.replicated = replicated;
        this.loss = loss;
    }

    @Override
    public Output forward(Input input, StepContext at) {
        OneStageNetwork.Outputs own = network.classify(replicated, input.views().get(0));
        OneStageNetwork.Outputs outputs = new OneStageNetwork.Outputs(
                together(own.exitLogits()),
                batch.features(own.logits()),
                together(own.exitFeatures()),
                together(own.features()));
        return Autocast.without(outputs.logits().device(), () -> compare(outputs, input));
    }

    private List<Tensor> together(List<Tensor> own) {
        return own.stream().map(batch::features).toList();
    }

    private Output compare(OneStageNetwork.Outputs outputs, Input input) {
        List<Scores> contrasts = outputs.features().isEmpty()
                ? List.of()
                : outputs.exitFeatures().stream()
                        .map(exit -> InBatch.of(
                                "exit",
                                List.of(exit, outputs.features().get(0)),
                                InBatch.sameClass(input.labels()),
                                InBatch.Anchors.ALL))
                        .toList();
        return new Output(
                loss.of(outputs.logits(), outputs.exitLogits(), contrasts, input.labels()),
                contrasts,
                outputs.features(),
                List.of(),
                input.indices());
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
