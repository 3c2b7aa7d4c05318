package io.contrast4j.nn;

import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The EfficientNet-B0 of SelfCon (Tan and Le, "EfficientNet", 2019), with a stem of stride 1 and 512 channels at its
 * end, for small pictures. Norms have ε = 1e-3 and momentum 0.01; the activation is x·σ(x). Padding is TensorFlow's
 * "same" for pictures of side 32, whatever their side is. There is one possible exit, after the fourth stage: a 1×1
 * convolution, pooled, and a linear layer.
 *
 * <p>Taps: {@code input}, {@code stem}, {@code stage1} … {@code stage7}, {@code exit4} if it is there, and {@code
 * pooled} (N×512).
 */
public final class SelfConEfficientNet extends Module implements MultiExit {
    private static final int STEM = 32;
    private static final int FEATURES = 512;
    private static final int EXIT = 4;

    /** A stage: the stride is that of its first block, the expansion the factor on channels inside a block. */
    private record Stage(int kernel, int blocks, int stride, int expansion, int channels) {}

    private static final List<Stage> STAGES = List.of(
            new Stage(3, 1, 1, 1, 16),
            new Stage(3, 2, 1, 6, 24),
            new Stage(5, 2, 2, 6, 40),
            new Stage(3, 3, 2, 6, 80),
            new Stage(5, 3, 1, 6, 112),
            new Stage(5, 4, 2, 6, 192),
            new Stage(3, 1, 1, 6, 320));

    private final Trunk trunk = new Trunk();
    private final Config config;

    /**
     * @param dropout probability of the dropout before the final vector, 0 to 1; published with 0.2
     * @param dropConnect probability with which the last block leaves out a picture's residual branch in training,
     *     below 1; it grows from 0 at the first block. Published with 0.2
     * @param exits the stages with an exit: none or [4]
     * @param head the head of the final vector and of the exit
     * @param featureDim length D of the embedding
     */
    @TypeName("selfcon-efficientnet")
    public record Config(double dropout, double dropConnect, List<Integer> exits, ProjectionHead head, int featureDim)
            implements MultiExit.Config {
        private static final int SMALLEST = 8;

        public Config {
            exits = List.copyOf(exits);
            MultiExit.Config.check(List.of(), EXIT, head, featureDim)
                    .require(exits.isEmpty() || exits.equals(List.of(EXIT)), "exits", exits, "[] or [4]")
                    .between("dropout", dropout, 0, 1)
                    .require(dropConnect >= 0 && dropConnect < 1, "dropConnect", dropConnect, "at least 0 and below 1")
                    .raise();
        }

        @Override
        public Set<String> encoderTaps() {
            return MultiExit.taps(List.of("input", "stem"), "stage", 7, exits);
        }

        @Override
        public Optional<String> sizeProblem(int height, int width) {
            return Math.min(height, width) >= SMALLEST
                    ? Optional.empty()
                    : Optional.of("at least " + SMALLEST + " pixels, which three halvings leave one of");
        }

        @Override
        public SelfConEfficientNet encoder(int inChannels) {
            return new SelfConEfficientNet(this, inChannels);
        }
    }

    /** Draws the weights from LibTorch's default generator; the caller's arena owns the modules. */
    public SelfConEfficientNet(Config config, int inChannels) {
        this.config = config;
        Conv2dImpl stem = register_module(
                "_conv_stem", Convolution.of(inChannels, STEM, 3, 1).build());
        BatchNorm2dImpl bn0 = register_module("_bn0", norm(STEM));
        trunk.input(inChannels);
        trunk.then("stem", x -> torch.silu(bn0.forward(stem.forward(x))));
        Sequence stages = register_module("block_layers", new Sequence());
        // Registered at the end, as it is in the published order of parameters.
        List<Sequence> exit = new ArrayList<>();
        int number = 0;
        int total = STAGES.stream().mapToInt(Stage::blocks).sum();
        int channels = STEM;
        for (int index = 0; index < STAGES.size(); index++) {
            Stage stage = STAGES.get(index);
            Sequence row = new Sequence();
            for (int i = 0; i < stage.blocks(); i++) {
                Block block = new Block(channels, stage, i == 0, config.dropConnect() * number / total);
                row.add(block, block::forward);
                channels = stage.channels();
                number++;
            }
            stages.add(row, row::forward);
            trunk.then("stage" + (index + 1), row::forward);
            if (config.exits().contains(index + 1)) {
                exit.add(exit(channels));
                trunk.branch(MultiExit.exit(index + 1), exit.get(0)::forward);
            }
        }
        Conv2dImpl head = register_module(
                "_conv_head", Convolution.of(channels, FEATURES, 1, 1).build());
        BatchNorm2dImpl bn1 = register_module("_bn1", norm(FEATURES));
        exit.forEach(layers -> register_module("selfcon_layer", layers));
        trunk.then(POOLED, x -> vector(torch.silu(bn1.forward(head.forward(x)))));
    }

    private Sequence exit(int channels) {
        Sequence convolution = new Sequence()
                .add(Convolution.of(channels, FEATURES, 1, 1).build())
                .add(norm(FEATURES))
                .add(x -> vector(torch.silu(x)));
        return new Sequence().add(convolution, convolution::forward).add(new LinearImpl(FEATURES, FEATURES));
    }

    private Tensor vector(Tensor x) {
        return Layers.dropout(Layers.globalAveragePool(x), config.dropout(), is_training());
    }

    private static BatchNorm2dImpl norm(int channels) {
        return Layers.batchNorm(channels, 1e-3, 0.01);
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

    /**
     * The inverted residual block of Sandler et al. (2018) with squeeze-and-excitation (Hu et al., 2018): 1×1 to more
     * channels, k×k on each channel, a gate on channels, 1×1 to fewer.
     */
    private static final class Block extends Module {
        private final Sequence expand = new Sequence();
        private final Conv2dImpl depthwise;
        private final BatchNorm2dImpl bn1;
        private final Conv2dImpl squeeze;
        private final Conv2dImpl excite;
        private final Conv2dImpl project;
        private final BatchNorm2dImpl bn2;
        private final long[] padding;
        private final boolean shortcut;
        private final double drop;

        Block(int in, Stage stage, boolean first, double drop) {
            this.drop = drop;
            int inner = in * stage.expansion();
            int stride = first ? stage.stride() : 1;
            if (stage.expansion() > 1) {
                Conv2dImpl widen = register_module(
                        "_expand_conv", Convolution.of(in, inner, 1, 1).build());
                BatchNorm2dImpl bn0 = register_module("_bn0", norm(inner));
                expand.add(widen::forward).add(bn0::forward).add(torch::silu);
            }
            int border = stage.kernel() - stride;
            padding = new long[] {border / 2, border - border / 2, border / 2, border - border / 2};
            depthwise = register_module(
                    "_depthwise_conv",
                    Convolution.depthwise(inner, stage.kernel(), stride, 0).build());
            bn1 = register_module("_bn1", norm(inner));
            int squeezed = Math.max(1, in / 4);
            squeeze = register_module(
                    "_se_reduce",
                    Convolution.of(inner, squeezed, 1, 1).withBias().build());
            excite = register_module(
                    "_se_expand",
                    Convolution.of(squeezed, inner, 1, 1).withBias().build());
            project = register_module(
                    "_project_conv",
                    Convolution.of(inner, stage.channels(), 1, 1).build());
            bn2 = register_module("_bn2", norm(stage.channels()));
            shortcut = stride == 1 && in == stage.channels();
        }

        Tensor forward(Tensor x) {
            Tensor y = torch.constant_pad_nd(expand.forward(x), padding);
            y = torch.silu(bn1.forward(depthwise.forward(y)));
            Tensor gate = torch.adaptive_avg_pool2d(y, 1, 1);
            gate = excite.forward(torch.silu(squeeze.forward(gate))).sigmoid();
            y = bn2.forward(project.forward(y.mul(gate)));
            return shortcut ? dropConnect(y).add(x) : y;
        }

        /** In training leaves each picture's branch out with the probability, and divides by what is left of 1. */
        private Tensor dropConnect(Tensor y) {
            if (!is_training() || drop == 0) {
                return y;
            }
            Tensor kept =
                    y.detach().narrow(1, 0, 1).narrow(2, 0, 1).narrow(3, 0, 1).clone();
            return y.mul(LayerDraws.bernoulli(kept, 1 - drop)).div(Tensors.scalar(1 - drop));
        }
    }
}
