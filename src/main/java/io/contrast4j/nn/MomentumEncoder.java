package io.contrast4j.nn;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Operator;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Stateful;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;

/**
 * A network that follows another one slowly, the key encoder of MoCo (He et al., "Momentum Contrast for Unsupervised
 * Visual Representation Learning", 2020): θ_k ← m·θ_k + (1 − m)·θ_q for all parameters. It starts as an equal of the
 * other in parameters and buffers, and never has gradients. It is in training mode, as the other one is.
 *
 * <p>The step is computed as θ_k + (1 − m)·(θ_q − θ_k), in one call for all parameters: equal networks stay equal to the
 * bit, which the published form does not give in float32.
 */
public final class MomentumEncoder implements Stateful, AutoCloseable {
    /** What becomes of buffers, the running statistics of batch norms, after the start. */
    public enum Buffers {
        /** They are what the network's own forward passes in training make of them: MoCo's, align-uniform's, CMC's. */
        OWN,
        /** Each update takes over those of the network that is followed. */
        COPIED
    }

    /**
     * @param momentum m, 0 to 1; published with 0.999
     * @param buffers what becomes of buffers
     */
    public record Config(double momentum, Buffers buffers) {
        public Config {
            new Problems().between("momentum", momentum, 0, 1).raise();
        }
    }

    private static final Operator LERP = Operator.of("aten::_foreach_lerp_", "Scalar");

    private final Arena arena = new Arena();
    private final Config config;
    private final Backbone network;
    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final Map<String, Tensor> buffers = new LinkedHashMap<>();
    private final Map<String, Tensor> followed = new LinkedHashMap<>();

    /**
     * @param online the network to follow; its owner keeps it longer than this one
     * @param factory builds a network of the same architecture, as that of {@code online}; it is owned here
     * @throws UserError if the architectures differ
     */
    public MomentumEncoder(Config config, Backbone online, Supplier<Backbone> factory) {
        this.config = config;
        this.network = arena.own(() -> {
            Backbone built = factory.get();
            followed.putAll(StateDict.of(online.module()));
            Map<String, Tensor> some = StateDict.parameters(online.module());
            some.values().stream()
                    .findFirst()
                    .ifPresent(parameter -> built.module().to(parameter.device(), false));
            if (ChannelsLast.isOrderOf(online.module())) {
                ChannelsLast.weights(built.module());
            }
            return built;
        });
        try {
            StateDict.load(network.module(), followed, "the network to follow");
        } catch (UserError different) {
            close();
            throw different;
        }
        arena.own(() -> {
            parameters.putAll(StateDict.parameters(network.module()));
            buffers.putAll(StateDict.of(network.module()));
            buffers.keySet().removeAll(parameters.keySet());
            parameters.values().forEach(parameter -> parameter.set_requires_grad(false));
            return null;
        });
    }

    /** The network that follows. */
    public Backbone network() {
        return network;
    }

    /** Live handles to its running statistics. */
    public List<Tensor> buffers() {
        return List.copyOf(buffers.values());
    }

    /** The N×D embedding of N×C×H×W images, rows of Euclidean length 1, without gradients. */
    public Tensor embed(Tensor images) {
        try (NoGrad noGrad = NoGrad.open()) {
            return network.embed(images);
        }
    }

    /** θ_k ← m·θ_k + (1 − m)·θ_q, and the buffers as configured. */
    public void update() {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            List<Tensor> fast = parameters.keySet().stream().map(followed::get).toList();
            LERP.run(Operator.tensors(parameters.values()), Operator.tensors(fast), new IValue(1 - config.momentum()));
            if (config.buffers() == Buffers.COPIED) {
                buffers.forEach((name, buffer) -> buffer.copy_(followed.get(name)));
            }
        }
    }

    /** The tensors of the network by their names. */
    @Override
    public Map<String, Object> state() {
        return new LinkedHashMap<>(StateDict.of(network.module()));
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        state.forEach((name, value) -> {
            if (!(value instanceof Tensor tensor)) {
                throw new UserError(
                        UserError.FAILED,
                        source + " has a momentum encoder with something that is no tensor, " + name
                                + ": use another checkpoint.");
            }
            tensors.put(name, tensor);
        });
        StateDict.load(network.module(), tensors, source);
    }

    @Override
    public void close() {
        arena.close();
    }
}
