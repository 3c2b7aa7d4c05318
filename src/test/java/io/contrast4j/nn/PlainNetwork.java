package io.contrast4j.nn;

import io.contrast4j.tensor.Tensors;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A network of a layer of each kind, in float64, with an exit: without batch norms, where no row of a batch depends on others,
 * or with them.
 */
public final class PlainNetwork extends Module implements Backbone {
    static final String EXIT = MultiExit.exitEmbedding(1);
    private static final int CHANNELS = 6;

    private final Trunk trunk = new Trunk();

    /**
     * @param norms whether there are batch norms
     * @param dropout probability
     * @param look sees the images of each pass
     */
    public record Kind(boolean norms, double dropout, Consumer<Tensor> look) {
        /** Neither norms nor dropout. */
        public static final Kind PLAIN = new Kind(false, 0, images -> {});

        static final Kind WITH_NORMS = new Kind(true, 0, images -> {});
    }

    public PlainNetwork(Kind kind, int channels) {
        Conv2dImpl stem = register_module(
                "stem", Convolution.of(channels, CHANNELS, 3, 2).withBias().build());
        Optional<BatchNorm2dImpl> norm =
                kind.norms() ? Optional.of(register_module("norm", Layers.batchNorm(CHANNELS))) : Optional.empty();
        LinearImpl exit = register_module("exit", new LinearImpl(CHANNELS, 4));
        Module hidden = new Module();
        LinearImpl wide = hidden.register_module("0", new LinearImpl(CHANNELS, 2 * CHANNELS));
        Optional<BatchNorm1dImpl> flat = kind.norms()
                ? Optional.of(hidden.register_module("1", new BatchNorm1dImpl(new BatchNormOptions(2 * CHANNELS))))
                : Optional.empty();
        register_module("hidden", hidden);
        LinearImpl fc = register_module("fc", new LinearImpl(2 * CHANNELS, 4));
        trunk.input(channels, kind.look());
        trunk.then("stem", x -> {
            Tensor y = stem.forward(x);
            return norm.map(layer -> layer.forward(y)).orElse(y).tanh();
        });
        trunk.then("pooled", x -> Layers.dropout(Layers.globalAveragePool(x), kind.dropout(), is_training()));
        trunk.branch(EXIT, x -> Tensors.unitRows(exit.forward(x)));
        trunk.then("hidden", x -> {
            Tensor y = wide.forward(x);
            return flat.map(layer -> layer.forward(y)).orElse(y).tanh();
        });
        trunk.then(EMBEDDING, x -> Tensors.unitRows(fc.forward(x)));
        to(ScalarType.Double, false);
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
