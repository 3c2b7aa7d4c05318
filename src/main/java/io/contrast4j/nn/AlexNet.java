package io.contrast4j.nn;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Tensors;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Conv2dOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * One half of the AlexNet that CMC trains (Tian et al., 2019): the network of Krizhevsky et al. (2012) with half the
 * channels and batch norm. Five convolutions, max-pooling after the first, second and fifth, two hidden linear layers of
 * 2048 and a last one to the embedding, which is divided by its length. Weights start as LibTorch's own: uniform within
 * ±1/√(fan-in).
 *
 * <p>Taps: {@code input}, {@code block1} … {@code block5}, {@code fc6}, {@code fc7} and {@code embedding}: CMC's layers 0
 * to 8 in order. The linear layers are made for 6×6 positions, which pictures of 223 to 254 pixels leave; the
 * convolutions take any size.
 */
public final class AlexNet extends Module implements Backbone {
    private static final int LAST_CHANNELS = 128;
    private static final int LAST_SIDE = 6;
    private static final int HIDDEN = 2048;

    private final Trunk trunk = new Trunk();

    /** @param featureDim length D of the embedding */
    @TypeName("alexnet")
    public record Config(int featureDim) implements Backbone.Config {
        private static final int SMALLEST = 223;
        private static final int LARGEST = 254;

        /** Here, not in the network: that is a module, whose class loads LibTorch, and checking a value must not. */
        private static final Set<String> TAPS = Collections.unmodifiableSet(new LinkedHashSet<>(
                List.of("input", "block1", "block2", "block3", "block4", "block5", "fc6", "fc7", EMBEDDING)));

        public Config {
            new Problems().atLeast("featureDim", featureDim, 1).raise();
        }

        @Override
        public Set<String> taps() {
            return TAPS;
        }

        @Override
        public Optional<String> sizeProblem(int height, int width) {
            return Math.min(height, width) >= SMALLEST && Math.max(height, width) <= LARGEST
                    ? Optional.empty()
                    : Optional.of(SMALLEST + " to " + LARGEST + " pixels for an AlexNet, such as 224");
        }

        @Override
        public AlexNet build(int inChannels) {
            return new AlexNet(this, inChannels);
        }
    }

    /** Draws the weights from LibTorch's default generator: seed it first. The caller's arena owns the modules. */
    public AlexNet(Config config, int inChannels) {
        trunk.input(inChannels);
        block(1, inChannels, 48, 11, 4, 2, true);
        block(2, 48, 128, 5, 1, 2, true);
        block(3, 128, 192, 3, 1, 1, false);
        block(4, 192, 192, 3, 1, 1, false);
        block(5, 192, LAST_CHANNELS, 3, 1, 1, true);
        hidden("fc6", LAST_CHANNELS * LAST_SIDE * LAST_SIDE);
        hidden("fc7", HIDDEN);
        Module fc8 = new Module();
        LinearImpl linear = fc8.register_module("0", new LinearImpl(HIDDEN, config.featureDim()));
        register_module("fc8", fc8);
        trunk.then(EMBEDDING, x -> Tensors.unitRows(linear.forward(x)));
    }

    private void block(int number, int in, int out, int kernel, int stride, int padding, boolean pooled) {
        Conv2dOptions options = new Conv2dOptions(in, out, new LongPointer(kernel, kernel));
        options.stride().put(new LongPointer(stride, stride));
        options.padding().put(new LongPointer(padding, padding));
        options.bias().put(false);
        Module block = new Module();
        Conv2dImpl convolution = block.register_module("0", new Conv2dImpl(options));
        BatchNorm2dImpl norm = block.register_module("1", Layers.batchNorm(out));
        register_module("conv_block_" + number, block);
        trunk.then("block" + number, x -> {
            Tensor y = norm.forward(convolution.forward(x)).relu_();
            return pooled
                    ? torch.max_pool2d(
                            y, new long[] {3, 3}, new long[] {2, 2}, new long[] {0, 0}, new long[] {1, 1}, false)
                    : y;
        });
    }

    private void hidden(String name, int in) {
        Module block = new Module();
        LinearImpl linear = block.register_module("0", new LinearImpl(in, HIDDEN));
        BatchNorm1dImpl norm = block.register_module("1", BatchNorms.ofRows(new BatchNormOptions(HIDDEN)));
        register_module(name, block);
        trunk.then(
                name,
                x -> norm.forward(linear.forward(x.dim() == 4 ? flattened(x) : x))
                        .relu_());
    }

    /** N×C×6×6 → N×36C, channels first. */
    private Tensor flattened(Tensor x) {
        if (x.size(2) != LAST_SIDE || x.size(3) != LAST_SIDE) {
            throw new UserError(
                    UserError.USAGE,
                    "An AlexNet takes pictures of " + Config.SMALLEST + " to " + Config.LARGEST
                            + " pixels, of which its convolutions leave 6×6 positions: these leave " + x.size(2) + "×"
                            + x.size(3) + "; choose views.size = 224.");
        }
        if (is_training() && x.size(0) == 1) {
            throw new UserError(
                    UserError.USAGE,
                    "An AlexNet cannot be trained on batches of one picture: its batch norm has nothing to compare;"
                            + " choose train.batch-size = 2 or more, and as many for each of data-parallel.replicas.");
        }
        return torch.flatten(x, 1, -1);
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
