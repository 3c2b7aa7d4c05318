package io.contrast4j.nn;

import io.contrast4j.spec.TypeName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * The VGG of SelfCon (Simonyan and Zisserman, "Very Deep Convolutional Networks", 2014, without hidden layers): {@code
 * block1} to {@code block5} of 3×3 convolutions with bias, with or without batch norm, each block ended by a 2×2
 * max-pool. Exits {@code selfcon_layer.0} to {@code .3} sit after the first four blocks: a linear layer on pooled
 * features, or the remaining blocks once more, pooled.
 *
 * <p>Taps: {@code input}, {@code block1} … {@code block5}, {@code exit1} … {@code exit4} where there are exits, and
 * {@code pooled} (N×512).
 */
public final class SelfConVgg extends Module implements MultiExit {
    private static final int[] CHANNELS = {64, 128, 256, 512, 512};
    private static final int FEATURES = 512;

    private final Trunk trunk = new Trunk();
    private final Config config;

    /**
     * @param depth 13 or 16
     * @param batchNorm whether a batch norm follows each convolution: vgg13_bn and vgg16_bn
     * @param exits blocks with an exit, out of 1 to 4
     * @param exitSize how large the exits are; small ones have one convolution in each block, those of the same size
     *     two (13) or three (16), large ones twice as many
     * @param head the head of the final vector and of each exit
     * @param featureDim length D of the embedding
     */
    @TypeName("selfcon-vgg")
    public record Config(
            int depth, boolean batchNorm, List<Integer> exits, ExitSize exitSize, ProjectionHead head, int featureDim)
            implements MultiExit.Config {
        public Config {
            exits = List.copyOf(exits);
            MultiExit.Config.check(exits, 4, head, featureDim)
                    .require(depth == 13 || depth == 16, "depth", depth, "13 or 16")
                    .raise();
        }

        @Override
        public Set<String> encoderTaps() {
            return MultiExit.taps(List.of("input"), "block", 5, exits);
        }

        @Override
        public Optional<String> sizeProblem(int height, int width) {
            return Math.min(height, width) >= 32
                    ? Optional.empty()
                    : Optional.of("at least 32 pixels, which five halvings leave one of");
        }

        @Override
        public SelfConVgg encoder(int inChannels) {
            return new SelfConVgg(this, inChannels);
        }
    }

    /** Draws the weights from LibTorch's default generator; the caller's arena owns the modules. */
    public SelfConVgg(Config config, int inChannels) {
        this.config = config;
        trunk.input(inChannels);
        Module subNetworks = new Module();
        for (int block = 0; block < CHANNELS.length; block++) {
            String name = "block" + (block + 1);
            int convolutions = config.depth() == 16 && block >= 2 ? 3 : 2;
            Sequence layers = register_module(name, new Sequence());
            addBlock(layers, block == 0 ? inChannels : CHANNELS[block - 1], CHANNELS[block], convolutions);
            trunk.then(name, layers::forward);
            if (config.exits().contains(block + 1)) {
                addExit(subNetworks, block);
            }
        }
        register_module("selfcon_layer", subNetworks);
        trunk.then(POOLED, Layers::globalAveragePool);
    }

    private void addBlock(Sequence layers, int in, int out, int convolutions) {
        for (int i = 0; i < convolutions; i++) {
            Convolution convolution = Convolution.of(i == 0 ? in : out, out, 3, 1);
            layers.add(Weights.heNormal(convolution.withBias().build()));
            if (config.batchNorm()) {
                layers.add(Layers.batchNorm(out));
            }
            layers.add(Tensor::relu_);
        }
        layers.add(Layers::halve);
    }

    private void addExit(Module subNetworks, int block) {
        Sequence layers = subNetworks.register_module(Integer.toString(block), new Sequence());
        String tap = MultiExit.exit(block + 1);
        if (config.exitSize() == ExitSize.FC) {
            layers.add(Weights.normal(new LinearImpl(CHANNELS[block], FEATURES), 0.01));
            trunk.branch(tap, x -> layers.forward(Layers.globalAveragePool(x)));
            return;
        }
        int convolutions = config.exitSize().layers(config.depth() == 16 ? 3 : 2);
        for (int later = block + 1; later < CHANNELS.length; later++) {
            addBlock(layers, CHANNELS[later - 1], CHANNELS[later], convolutions);
        }
        trunk.branch(tap, x -> Layers.globalAveragePool(layers.forward(x)));
    }

    @Override
    public List<Integer> exits() {
        return config.exits();
    }

    @Override
    public int features() {
        return FEATURES;
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
