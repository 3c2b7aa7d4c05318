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
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * The ResNet of the ring negatives (Wu et al., "Conditional Negative Sampling for Contrastive Learning of Visual
 * Representations", 2020): torchvision's without its classifier as a numbered sequence, {@code features.0} the
 * convolution and {@code .1} the norm of the stem, {@code .4} to {@code .7} the stages, then two linear layers {@code
 * l1}, C → C, and {@code l2}, C → D, with a ReLU in between.
 *
 * <p>Taps: {@code input}, {@code stem}, {@code layer1} … {@code layer4}, {@code pooled} (N×C, the representation that is
 * evaluated), {@code hidden} (N×C), {@code head} (N×D) and {@code embedding} (N×D, its unit rows).
 */
public final class RingResNet extends Module implements Backbone {
    private final Trunk trunk = new Trunk();

    /**
     * @param depth 18 or 34 (basic blocks), 50, 101 or 152 (bottlenecks)
     * @param channels channels of the stem and the first stage, published with 64
     * @param stem the layers in front of the stages
     * @param featureDim length D of the embedding
     */
    @TypeName("ring-resnet")
    public record Config(int depth, int channels, Stem stem, int featureDim) implements Backbone.Config {
        private static final Set<String> TAPS = Collections.unmodifiableSet(new LinkedHashSet<>(List.of(
                "input", "stem", "layer1", "layer2", "layer3", "layer4", "pooled", "hidden", "head", EMBEDDING)));

        public Config {
            new Problems()
                    .require(ResNetStages.depths().contains(depth), "depth", depth, "one of " + ResNetStages.depths())
                    .atLeast("channels", channels, 1)
                    .atLeast("featureDim", featureDim, 1)
                    .raise();
        }

        @Override
        public Set<String> taps() {
            return TAPS;
        }

        @Override
        public Optional<String> sizeProblem(int height, int width) {
            return stem.sizeProblem(height, width);
        }

        @Override
        public RingResNet build(int inChannels) {
            return new RingResNet(ResNetStages.of(depth, channels, 1, false), stem, featureDim, inChannels);
        }
    }

    /** Draws the weights from LibTorch's default generator, as torchvision does. The caller's arena owns the modules. */
    public RingResNet(ResNetStages stages, Stem stem, int featureDim, int inChannels) {
        Conv2dImpl convolution = stem.convolution(inChannels, stages.channels());
        BatchNorm2dImpl norm = Layers.batchNorm(stages.channels());
        // The sequence gives the parameters their names; it is run piece by piece, so that each can be tapped.
        Sequence features =
                new Sequence().add(convolution).add(norm).add(Tensor::relu_).add(stem::pool);
        trunk.input(inChannels);
        trunk.then("stem", x -> stem.pool(norm.forward(convolution.forward(x)).relu_()));
        for (int stage = 0; stage < stages.blocks().size(); stage++) {
            Sequence blocks = stages.build(stage, "downsample");
            features.add(blocks, blocks::forward);
            trunk.then("layer" + (stage + 1), blocks::forward);
        }
        register_module("features", features);
        LinearImpl l1 = register_module("l1", new LinearImpl(stages.features(), stages.features()));
        LinearImpl l2 = register_module("l2", new LinearImpl(stages.features(), featureDim));
        trunk.then("pooled", Layers::globalAveragePool);
        trunk.then("hidden", h -> l1.forward(h).relu_());
        trunk.then("head", l2::forward);
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
