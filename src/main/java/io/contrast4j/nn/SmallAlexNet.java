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
import java.util.stream.IntStream;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.LinearOptions;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * The small AlexNet with which align-uniform (Wang and Isola, "Understanding Contrastive Representation Learning through
 * Alignment and Uniformity on the Hypersphere", 2020) learns from 64×64 crops of STL-10. Blocks 0 to 4 are 3×3
 * convolutions with 96, 192, 384, 384 and 192 channels, each with batch norm and ReLU and, in blocks 0, 1 and 4, a 3×3
 * max-pool of stride 2 without padding; blocks 5 and 6 are linear layers to 4096 with batch norm and ReLU; block 7 is
 * linear to the embedding. Only block 7 has a bias.
 *
 * <p>Taps: {@code input}, {@code block0} … {@code block7} and {@code embedding}, which is block 7 with unit rows. The
 * published evaluation takes {@code block6}, its "layer −2".
 */
public final class SmallAlexNet extends Module implements Backbone {
    private static final int[] CHANNELS = {96, 192, 384, 384, 192};
    private static final Set<Integer> POOLED = Set.of(0, 1, 4);
    private static final int HIDDEN = 4096;
    private static final double DEVIATION = 0.02;

    private final Trunk trunk = new Trunk();
    private final int side;

    /**
     * @param side side of the pictures in pixels, at least 15; the published one is 64
     * @param featureDim length D of the embedding
     */
    @TypeName("small-alexnet")
    public record Config(int side, int featureDim) implements Backbone.Config {
        private static final Set<String> TAPS = taps(8);

        public Config {
            new Problems()
                    .atLeast("side", side, 15)
                    .atLeast("featureDim", featureDim, 1)
                    .raise();
        }

        private static Set<String> taps(int blocks) {
            Set<String> taps = new LinkedHashSet<>(List.of("input"));
            IntStream.range(0, blocks).forEach(block -> taps.add("block" + block));
            taps.add(EMBEDDING);
            return Collections.unmodifiableSet(taps);
        }

        @Override
        public Set<String> taps() {
            return TAPS;
        }

        @Override
        public Optional<String> sizeProblem(int height, int width) {
            return height == side && width == side
                    ? Optional.empty()
                    : Optional.of(side + " pixels, the side of this encoder");
        }

        @Override
        public SmallAlexNet build(int inChannels) {
            return new SmallAlexNet(this, inChannels);
        }
    }

    /** Draws weights from N(0, 0.02²) by LibTorch's default generator; biases are 0. The caller's arena owns it all. */
    public SmallAlexNet(Config config, int inChannels) {
        side = config.side();
        Sequence blocks = new Sequence();
        trunk.input(inChannels, this::checkSide);
        int in = inChannels;
        int left = side;
        for (int block = 0; block < CHANNELS.length; block++) {
            Sequence layers = new Sequence()
                    .add(Weights.normal(
                            Convolution.of(in, CHANNELS[block], 3, 1).build(), DEVIATION))
                    .add(Layers.batchNorm(CHANNELS[block]))
                    .add(Tensor::relu_);
            if (POOLED.contains(block)) {
                layers.add(Layers::maxPoolInside);
                left = (left - 3) / 2 + 1;
            }
            append(blocks, layers);
            in = CHANNELS[block];
        }
        in *= left * left;
        for (int block = 5; block < 7; block++) {
            BatchNorm1dImpl norm = BatchNorms.ofRows(new BatchNormOptions(HIDDEN));
            Sequence layers = new Sequence();
            if (block == 5) {
                layers.add(x -> x.flatten(1, -1));
            }
            append(
                    blocks,
                    layers.add(linear(in, HIDDEN, false))
                            .add(norm, norm::forward)
                            .add(Tensor::relu_));
            in = HIDDEN;
        }
        append(blocks, new Sequence().add(linear(in, config.featureDim(), true)));
        register_module("blocks", blocks);
        trunk.then(EMBEDDING, Tensors::unitRows);
    }

    private void append(Sequence blocks, Sequence layers) {
        trunk.then("block" + blocks.length(), layers::forward);
        blocks.add(layers, layers::forward);
    }

    private static LinearImpl linear(int in, int out, boolean bias) {
        LinearOptions options = new LinearOptions(in, out);
        options.bias().put(bias);
        return Weights.normal(new LinearImpl(options), DEVIATION);
    }

    private void checkSide(Tensor images) {
        if (images.size(2) != side || images.size(3) != side) {
            throw new IllegalArgumentException("this SmallAlexNet takes pictures of " + side + "×" + side + ", not of "
                    + images.size(2) + "×" + images.size(3));
        }
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
