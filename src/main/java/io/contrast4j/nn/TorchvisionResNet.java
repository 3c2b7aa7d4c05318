package io.contrast4j.nn;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Tensors;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * The residual network of He et al., "Deep Residual Learning" (2015), with torchvision's parameter names; MoCo and
 * align-uniform train it. Its head is {@code fc}: a linear layer (also that of a classifier), MoCo v2's {@code fc.0}
 * and {@code fc.2}, or none.
 *
 * <p>Taps: {@code input}, {@code stem} (after the max-pool), {@code layer1} … {@code layer4}, {@code pooled} (N×C),
 * {@code head} (N×D, what {@code fc} returns; not without a head) and {@code embedding} (N×D, its unit rows).
 */
public final class TorchvisionResNet extends Module implements Backbone {
    private final Trunk trunk = new Trunk();

    /**
     * @param depth 18 or 34 (basic blocks), 50, 101 or 152 (bottlenecks)
     * @param channels channels of the stem and the first stage; 64 is torchvision's
     * @param innerWidth factor on the channels inside a bottleneck; 2 for torchvision's wide networks
     * @param stem the layers in front of the stages
     * @param zeroInitResidual whether every block starts as its shortcut alone
     * @param head what maps pooled features to the embedding
     * @param featureDim length D of the embedding; without a head the number C of pooled features
     */
    @TypeName("torchvision-resnet")
    public record Config(
            int depth,
            int channels,
            double innerWidth,
            Stem stem,
            boolean zeroInitResidual,
            ProjectionHead head,
            int featureDim)
            implements Backbone.Config {
        public Config {
            boolean known = ResNetStages.depths().contains(depth);
            new Problems()
                    .require(known, "depth", depth, "one of " + ResNetStages.depths())
                    .atLeast("channels", channels, 1)
                    .atLeast("innerWidth", innerWidth, 1.0 / Math.max(1, channels))
                    .require(
                            depth >= 50 || innerWidth == 1,
                            "innerWidth",
                            innerWidth,
                            "1 for a depth below 50, whose blocks are no bottlenecks")
                    .atLeast("featureDim", featureDim, 1)
                    .raise();
            int features = ResNetStages.of(depth, channels, innerWidth, false).features();
            new Problems()
                    .require(
                            head != ProjectionHead.NONE || featureDim == features,
                            "featureDim",
                            featureDim,
                            features + ", the number of pooled features, where there is no head")
                    .raise();
        }

        /** The network without its head. */
        public ResNetStages stages() {
            return ResNetStages.of(depth, channels, innerWidth, zeroInitResidual);
        }

        @Override
        public Set<String> taps() {
            return names(head);
        }

        @Override
        public Optional<String> sizeProblem(int height, int width) {
            return stem.sizeProblem(height, width);
        }

        private static Set<String> names(ProjectionHead head) {
            Set<String> names = new LinkedHashSet<>(
                    List.of("input", "stem", "layer1", "layer2", "layer3", "layer4", "pooled", "head", EMBEDDING));
            if (head == ProjectionHead.NONE) {
                names.remove("head");
            }
            return Collections.unmodifiableSet(names);
        }

        @Override
        public TorchvisionResNet build(int inChannels) {
            return new TorchvisionResNet(stages(), stem, head, featureDim, inChannels);
        }
    }

    /**
     * Draws the weights from LibTorch's default generator: convolutions from N(0, 2/(k·k·out)), the head uniformly from
     * ±1/√C. The caller's arena owns the modules.
     *
     * @param featureDim length D of the embedding; without a head it has no meaning
     */
    public TorchvisionResNet(ResNetStages stages, Stem stem, ProjectionHead head, int featureDim, int inChannels) {
        Conv2dImpl conv1 = register_module("conv1", stem.convolution(inChannels, stages.channels()));
        BatchNorm2dImpl bn1 = register_module("bn1", Layers.batchNorm(stages.channels()));
        trunk.input(inChannels);
        trunk.then("stem", x -> stem.pool(bn1.forward(conv1.forward(x)).relu_()));
        for (int stage = 0; stage < stages.blocks().size(); stage++) {
            String name = "layer" + (stage + 1);
            Sequence blocks = register_module(name, stages.build(stage, "downsample"));
            trunk.then(name, blocks::forward);
        }
        trunk.then("pooled", Layers::globalAveragePool);
        if (head != ProjectionHead.NONE) {
            ProjectionHead.Projection fc = head.build(stages.features(), featureDim);
            register_module("fc", fc.module());
            trunk.then("head", fc.forward());
        }
        trunk.then(EMBEDDING, Tensors::unitRows);
    }

    @Override
    public Set<String> taps() {
        return trunk.names();
    }

    @Override
    public Map<String, Tensor> forward(Tensor images, Set<String> taps) {
        return trunk.forward(images, taps);
    }

    @Override
    public Module module() {
        return this;
    }
}
