package io.contrast4j.nn;

import io.contrast4j.spec.TypeName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * The wide ResNet 16-8 of SelfCon (Zagoruyko and Komodakis, "Wide Residual Networks", 2016): a 3×3 convolution to 16
 * channels, stages of two blocks with 128, 256 and 512 channels, then a norm of momentum 0.9 and ReLU. Norms come
 * before convolutions, all convolutions have a bias, and a block's second convolution carries the stride. Exits {@code
 * selfcon_layer.0} and {@code .1} sit after the first two stages: a linear layer on pooled features, or the remaining
 * stages once more, pooled without the closing norm.
 *
 * <p>Taps: {@code input}, {@code stem}, {@code layer1} … {@code layer3}, {@code exit1}, {@code exit2} where there are
 * exits, and {@code pooled} (N×512).
 */
public final class SelfConWideResNet extends Module implements MultiExit {
    private static final int STEM = 16;
    private static final int[] CHANNELS = {128, 256, 512};
    private static final int BLOCKS = 2;
    private static final int FEATURES = 512;

    private final Trunk trunk = new Trunk();
    private final Config config;

    /**
     * @param stemPool whether a 3×3 max-pool of stride 2 follows the first convolution, as for Tiny-ImageNet
     * @param dropout probability of the dropout inside blocks, 0 to 1; published with 0.3
     * @param exits stages with an exit, out of 1 and 2
     * @param exitSize how large the exits are; small ones have one block in each stage, large ones four
     * @param head the head of the final vector and of each exit
     * @param featureDim length D of the embedding
     */
    @TypeName("selfcon-wide-resnet")
    public record Config(
            boolean stemPool,
            double dropout,
            List<Integer> exits,
            ExitSize exitSize,
            ProjectionHead head,
            int featureDim)
            implements MultiExit.Config {
        private static final int KERNEL = 3;

        public Config {
            exits = List.copyOf(exits);
            MultiExit.Config.check(exits, 2, head, featureDim)
                    .between("dropout", dropout, 0, 1)
                    .raise();
        }

        @Override
        public Set<String> encoderTaps() {
            return MultiExit.taps(List.of("input", "stem"), "layer", 3, exits);
        }

        @Override
        public Optional<String> sizeProblem(int height, int width) {
            return Math.min(height, width) >= KERNEL
                    ? Optional.empty()
                    : Optional.of("at least " + KERNEL + " pixels, the kernel of a wide ResNet's first convolution");
        }

        @Override
        public SelfConWideResNet encoder(int inChannels) {
            return new SelfConWideResNet(this, inChannels);
        }
    }

    /** Draws the weights from LibTorch's default generator; the caller's arena owns the modules. */
    public SelfConWideResNet(Config config, int inChannels) {
        this.config = config;
        Conv2dImpl conv1 = register_module("conv1", convolution(inChannels, STEM, Config.KERNEL, 1));
        trunk.input(inChannels);
        trunk.then("stem", x -> config.stemPool() ? Layers.maxPool(conv1.forward(x)) : conv1.forward(x));
        Module subNetworks = new Module();
        for (int stage = 0; stage < CHANNELS.length; stage++) {
            String name = "layer" + (stage + 1);
            Sequence blocks = register_module(name, stage(stage, BLOCKS));
            trunk.then(name, blocks::forward);
            if (config.exits().contains(stage + 1)) {
                addExit(subNetworks, stage);
            }
        }
        BatchNorm2dImpl bn1 = register_module("bn1", Layers.batchNorm(FEATURES, 1e-5, 0.9));
        register_module("selfcon_layer", subNetworks);
        trunk.then(POOLED, x -> Layers.globalAveragePool(bn1.forward(x).relu_()));
    }

    private Sequence stage(int stage, int count) {
        Sequence row = new Sequence();
        int in = stage == 0 ? STEM : CHANNELS[stage - 1];
        for (int i = 0; i < count; i++) {
            Block block = new Block(
                    i == 0 ? in : CHANNELS[stage], CHANNELS[stage], i == 0 && stage > 0 ? 2 : 1, config.dropout());
            row.add(block, block::forward);
        }
        return row;
    }

    private void addExit(Module subNetworks, int stage) {
        String position = Integer.toString(stage);
        String tap = MultiExit.exit(stage + 1);
        if (config.exitSize() == ExitSize.FC) {
            LinearImpl linear = subNetworks.register_module(position, new LinearImpl(CHANNELS[stage], FEATURES));
            trunk.branch(tap, x -> linear.forward(Layers.globalAveragePool(x)));
            return;
        }
        Sequence remaining = new Sequence();
        for (int later = stage + 1; later < CHANNELS.length; later++) {
            Sequence blocks = stage(later, config.exitSize().layers(BLOCKS));
            remaining.add(blocks, blocks::forward);
        }
        subNetworks.register_module(position, remaining);
        trunk.branch(tap, x -> Layers.globalAveragePool(remaining.forward(x)));
    }

    private static Conv2dImpl convolution(int in, int out, int kernel, int stride) {
        return Weights.glorotUniform(
                Convolution.of(in, out, kernel, stride).withBias().build());
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

    /** Norm, ReLU, convolution, dropout, norm, ReLU, convolution, and a shortcut around it all. */
    private static final class Block extends Module {
        private final BatchNorm2dImpl bn1;
        private final Conv2dImpl conv1;
        private final BatchNorm2dImpl bn2;
        private final Conv2dImpl conv2;
        private final UnaryOperator<Tensor> shortcut;
        private final double dropout;

        Block(int in, int out, int stride, double dropout) {
            this.dropout = dropout;
            bn1 = register_module("bn1", Layers.batchNorm(in));
            conv1 = register_module("conv1", convolution(in, out, 3, 1));
            bn2 = register_module("bn2", Layers.batchNorm(out));
            conv2 = register_module("conv2", convolution(out, out, 3, stride));
            if (stride == 1 && in == out) {
                shortcut = x -> x;
            } else {
                Sequence projection = register_module("shortcut", new Sequence());
                projection.add(convolution(in, out, 1, stride));
                shortcut = projection::forward;
            }
        }

        Tensor forward(Tensor x) {
            Tensor y = conv1.forward(bn1.forward(x).relu_());
            y = Layers.dropout(y, dropout, is_training());
            return conv2.forward(bn2.forward(y).relu_()).add_(shortcut.apply(x));
        }
    }
}
