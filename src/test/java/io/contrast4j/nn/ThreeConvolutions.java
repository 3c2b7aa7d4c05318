package io.contrast4j.nn;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Tensors;
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
 * The example of docs/extending.md: three convolutions of stride 2, each with batch norm and ReLU, the mean over all
 * positions, and a linear layer to the embedding. Pictures may be of any size from 8 pixels on.
 *
 * <p>Taps: {@code input}, {@code stage1} … {@code stage3}, {@code pooled} (N×4W) and {@code embedding}.
 */
public final class ThreeConvolutions extends Module implements Backbone {
    private static final int SMALLEST = 8;

    private final Trunk trunk = new Trunk();

    /**
     * @param width W, channels of the first stage; the others have 2W and 4W
     * @param featureDim length D of the embedding
     */
    @TypeName("three-convolutions")
    public record Config(int width, int featureDim) {
        public Config {
            new Problems()
                    .atLeast("width", width, 1)
                    .atLeast("featureDim", featureDim, 1)
                    .raise();
        }

        /** In their order, which messages keep. */
        public Set<String> taps() {
            return new LinkedHashSet<>(List.of("input", "stage1", "stage2", "stage3", "pooled", EMBEDDING));
        }

        public Optional<String> sizeProblem(int height, int width) {
            return Math.min(height, width) >= SMALLEST
                    ? Optional.empty()
                    : Optional.of("at least " + SMALLEST + " for encoder.type = three-convolutions");
        }

        public Backbone build(int inChannels) {
            return new ThreeConvolutions(this, inChannels);
        }
    }

    /** @param inChannels of the pictures: 1 for L, 2 for ab, 3 for RGB */
    public ThreeConvolutions(Config config, int inChannels) {
        trunk.input(inChannels);
        int in = inChannels;
        for (int stage = 1; stage <= 3; stage++) {
            int out = config.width() << (stage - 1);
            // What is registered is trained, moved to the device and saved, under this name.
            Conv2dImpl convolution = register_module(
                    "conv" + stage, Convolution.of(in, out, 3, 2).build());
            BatchNorm2dImpl norm = register_module("norm" + stage, Layers.batchNorm(out));
            trunk.then(
                    "stage" + stage,
                    images -> norm.forward(convolution.forward(images)).relu());
            in = out;
        }
        trunk.then("pooled", Layers::globalAveragePool);
        LinearImpl head = register_module("head", new LinearImpl(in, config.featureDim()));
        trunk.then(EMBEDDING, pooled -> Tensors.unitRows(head.forward(pooled)));
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
