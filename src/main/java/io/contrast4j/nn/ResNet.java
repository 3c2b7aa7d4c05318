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
 * The residual network of He et al., "Deep Residual Learning" (2015), in the form CMC trains (Tian et al., 2019): the
 * stem always has 64 channels, the four stages have ⌊64·width⌋·{1, 2, 4, 8}, and a linear layer maps the pooled
 * features to the embedding, which is divided by its length. Published as v1, v2 and v3 for widths 0.5, 1 and 2.
 *
 * <p>Taps: {@code input}, {@code stem} (after the max-pool), {@code layer1} … {@code layer4}, {@code pooled} (N×C) and
 * {@code embedding} (N×D): CMC's layers 0 to 7 in order.
 */
public final class ResNet extends Module implements Backbone {
    private static final int STEM = 64;

    private final Trunk trunk = new Trunk();

    /**
     * @param depth 18 or 34 (basic blocks), 50, 101 or 152 (bottlenecks)
     * @param width factor on the channels of the stages, at least 1/64
     * @param featureDim length D of the embedding
     */
    @TypeName("resnet")
    public record Config(int depth, double width, int featureDim) implements Backbone.Config {
        private static final int KERNEL = 7;

        /** Here, not in the network: that is a module, whose class loads LibTorch, and checking a value must not. */
        private static final Set<String> TAPS = Collections.unmodifiableSet(new LinkedHashSet<>(
                List.of("input", "stem", "layer1", "layer2", "layer3", "layer4", "pooled", EMBEDDING)));

        public Config {
            new Problems()
                    .require(ResNetStages.depths().contains(depth), "depth", depth, "one of " + ResNetStages.depths())
                    .atLeast("width", width, 1.0 / 64)
                    .atLeast("featureDim", featureDim, 1)
                    .raise();
        }

        @Override
        public Set<String> taps() {
            return TAPS;
        }

        @Override
        public Optional<String> sizeProblem(int height, int width) {
            return Math.min(height, width) >= KERNEL
                    ? Optional.empty()
                    : Optional.of("at least " + KERNEL + " pixels, the kernel of a ResNet's first convolution");
        }

        @Override
        public ResNet build(int inChannels) {
            return new ResNet(this, inChannels);
        }
    }

    /** Draws the weights from LibTorch's default generator: seed it first. The caller's arena owns the modules. */
    public ResNet(Config config, int inChannels) {
        boolean bottleneck = config.depth() >= 50;
        Conv2dImpl conv1 = register_module("conv1", Layers.convolution(inChannels, STEM, Config.KERNEL, 2));
        BatchNorm2dImpl bn1 = register_module("bn1", Layers.batchNorm(STEM));
        trunk.input(inChannels);
        trunk.then("stem", x -> Layers.maxPool(bn1.forward(conv1.forward(x)).relu_()));

        int channels = STEM;
        for (int stage = 0; stage < 4; stage++) {
            int planes = (int) (STEM * config.width()) << stage;
            int out = bottleneck ? 4 * planes : planes;
            Sequence blocks = new Sequence();
            for (int i = 0; i < ResNetStages.blocks(config.depth()).get(stage); i++) {
                int stride = stage > 0 && i == 0 ? 2 : 1;
                ResidualBlock block = new ResidualBlock(channels, planes, out, stride, bottleneck, "downsample");
                blocks.add(block, block::forward);
                channels = out;
            }
            String name = "layer" + (stage + 1);
            register_module(name, blocks);
            trunk.then(name, blocks::forward);
        }

        LinearImpl fc = register_module("fc", new LinearImpl(channels, config.featureDim()));
        trunk.then("pooled", Layers::globalAveragePool);
        trunk.then(EMBEDDING, x -> Tensors.unitRows(fc.forward(x)));
    }

    @Override
    public Set<String> taps() {
        return Config.TAPS;
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
