package io.contrast4j.nn;

import io.contrast4j.spec.TypeName;
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
 * The ResNet of SelfCon: He et al.'s with projections named {@code shortcut}, and exits {@code selfcon_layer.0} to
 * {@code .2} after the first three stages. An exit is a linear layer on pooled features, or a fresh copy of the
 * remaining stages, pooled.
 *
 * <p>Taps: {@code input}, {@code stem}, {@code layer1} … {@code layer4}, {@code exit1} … {@code exit3} where there are
 * exits, and {@code pooled}.
 */
public final class SelfConResNet extends Module implements MultiExit {
    private static final int STAGES = 4;

    private final Trunk trunk = new Trunk();
    private final List<Integer> exits;
    private final int features;

    /**
     * @param depth 18 or 34 (basic blocks), 50, 101 or 152 (bottlenecks)
     * @param channels channels of the stem and the first stage, published with 64
     * @param stem the layers in front of the stages: {@code cifar} for CIFAR and Tiny-ImageNet
     * @param exits stages with an exit, out of 1, 2 and 3
     * @param exitSize how large the exits are
     * @param zeroInitResidual whether every block starts as its shortcut alone, those of exits too
     * @param head the head of the final vector and of each exit
     * @param featureDim length D of the embedding
     */
    @TypeName("selfcon-resnet")
    public record Config(
            int depth,
            int channels,
            Stem stem,
            List<Integer> exits,
            ExitSize exitSize,
            boolean zeroInitResidual,
            ProjectionHead head,
            int featureDim)
            implements MultiExit.Config {
        public Config {
            exits = List.copyOf(exits);
            MultiExit.Config.check(exits, 3, head, featureDim)
                    .require(ResNetStages.depths().contains(depth), "depth", depth, "one of " + ResNetStages.depths())
                    .atLeast("channels", channels, 1)
                    .raise();
        }

        @Override
        public Set<String> encoderTaps() {
            return MultiExit.taps(List.of("input", "stem"), "layer", 4, exits);
        }

        @Override
        public Optional<String> sizeProblem(int height, int width) {
            return stem.sizeProblem(height, width);
        }

        @Override
        public SelfConResNet encoder(int inChannels) {
            return new SelfConResNet(this, inChannels);
        }
    }

    /** Draws the weights from LibTorch's default generator; the caller's arena owns the modules. */
    public SelfConResNet(Config config, int inChannels) {
        ResNetStages stages = ResNetStages.of(config.depth(), config.channels(), 1, config.zeroInitResidual());
        exits = config.exits();
        features = stages.features();
        Stem stem = config.stem();
        Conv2dImpl conv1 = register_module("conv1", stem.convolution(inChannels, stages.channels()));
        BatchNorm2dImpl bn1 = register_module("bn1", Layers.batchNorm(stages.channels()));
        trunk.input(inChannels);
        trunk.then("stem", x -> stem.pool(bn1.forward(conv1.forward(x)).relu_()));
        Module subNetworks = new Module();
        for (int stage = 0; stage < STAGES; stage++) {
            String name = "layer" + (stage + 1);
            Sequence blocks = register_module(name, stages.build(stage, "shortcut"));
            trunk.then(name, blocks::forward);
            if (exits.contains(stage + 1)) {
                addExit(subNetworks, stages, stage, config.exitSize());
            }
        }
        register_module("selfcon_layer", subNetworks);
        trunk.then(POOLED, Layers::globalAveragePool);
    }

    private void addExit(Module subNetworks, ResNetStages stages, int stage, ExitSize size) {
        String position = Integer.toString(stage);
        if (size == ExitSize.FC) {
            LinearImpl linear = subNetworks.register_module(position, new LinearImpl(stages.outputs(stage), features));
            trunk.branch(MultiExit.exit(stage + 1), x -> linear.forward(Layers.globalAveragePool(x)));
            return;
        }
        Sequence remaining = new Sequence();
        for (int later = stage + 1; later < STAGES; later++) {
            int count = size.layers(stages.blocks().get(later));
            Sequence blocks = stages.build(later, count, "shortcut");
            remaining.add(blocks, blocks::forward);
        }
        subNetworks.register_module(position, remaining);
        trunk.branch(MultiExit.exit(stage + 1), x -> Layers.globalAveragePool(remaining.forward(x)));
    }

    @Override
    public List<Integer> exits() {
        return exits;
    }

    @Override
    public int features() {
        return features;
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
