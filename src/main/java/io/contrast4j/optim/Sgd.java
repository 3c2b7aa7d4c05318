package io.contrast4j.optim;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Stateful;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorList;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Stochastic gradient descent with momentum, as PyTorch defines it: d = g + λ·p; v ← μ·v + d; p ← p − η·v, or with
 * Nesterov's form p ← p − η·(d + μ·v).
 *
 * <p>The velocities v are owned here and not by LibTorch's optimizer, whose state cannot be reached from Java. One call
 * of LibTorch's fused kernel updates all parameters. The state has the layout of Python's {@code
 * optimizer.state_dict()}.
 */
public final class Sgd implements Stateful, AutoCloseable {
    private final Arena arena = new Arena();
    private final Config config;
    private final List<Tensor> parameters;
    private final List<Tensor> velocities = new ArrayList<>();
    private double learningRate;

    /**
     * @param learningRate η, 0 or more
     * @param momentum μ, 0 to 1
     * @param weightDecay λ, 0 or more; applied to every parameter, norms and biases too, as the sources do
     * @param nesterov whether to use Nesterov's form
     */
    public record Config(double learningRate, double momentum, double weightDecay, boolean nesterov) {
        public Config {
            new Problems()
                    .atLeast("learningRate", learningRate, 0)
                    .between("momentum", momentum, 0, 1)
                    .atLeast("weightDecay", weightDecay, 0)
                    .require(!nesterov || momentum > 0, "nesterov", nesterov, "false where momentum is 0")
                    .raise();
        }
    }

    /** @param parameters the tensors to train, kept in this order; their owner outlives the optimizer */
    public Sgd(Config config, Iterable<Tensor> parameters) {
        this.config = config;
        this.learningRate = config.learningRate();
        this.parameters = new ArrayList<>();
        arena.own(() -> {
            for (Tensor parameter : parameters) {
                this.parameters.add(new Tensor(parameter));
                velocities.add(torch.torch_zeros_like(parameter.detach()));
            }
            return null;
        });
    }

    /** η of the next step. */
    public double learningRate() {
        return learningRate;
    }

    public void learningRate(double rate) {
        this.learningRate = rate;
    }

    /** Moves every parameter that has a gradient. */
    public void step() {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            GenericList moved = tensors();
            GenericList gradients = tensors();
            GenericList buffers = tensors();
            for (int i = 0; i < parameters.size(); i++) {
                Tensor gradient = parameters.get(i).grad();
                if (gradient.defined()) {
                    moved.push_back(new IValue(parameters.get(i)));
                    gradients.push_back(new IValue(gradient));
                    // The kernel takes velocities only where there is momentum.
                    if (config.momentum() > 0) {
                        buffers.push_back(new IValue(velocities.get(i)));
                    }
                }
            }
            if (moved.size() == 0) {
                return;
            }
            OperatorHandle fused = Dispatcher.singleton().findSchemaOrThrow("aten::_fused_sgd_", "");
            // Zero velocities make the first step equal to the others, so it needs no mark of its own.
            fused.callBoxed(new IValueVector(
                    new IValue(moved),
                    new IValue(gradients),
                    new IValue(buffers),
                    new IValue(config.weightDecay()),
                    new IValue(config.momentum()),
                    new IValue(learningRate),
                    new IValue(0.0),
                    new IValue(config.nesterov()),
                    new IValue(false),
                    new IValue(false),
                    new IValue(),
                    new IValue()));
        }
    }

    private static GenericList tensors() {
        return new GenericList(new TensorList().elementType());
    }

    /** Forgets all gradients, so that the next backward pass starts afresh. */
    public void zeroGrad() {
        parameters.forEach(parameter -> parameter.mutable_grad().reset());
    }

    @Override
    public Map<String, Object> state() {
        List<Map<String, @Nullable Object>> entries = new ArrayList<>();
        for (Tensor velocity : velocities) {
            Map<String, @Nullable Object> entry = new LinkedHashMap<>();
            entry.put(OptimizerState.VELOCITY, velocity);
            entries.add(entry);
        }
        Map<String, @Nullable Object> group = new LinkedHashMap<>();
        group.put("lr", learningRate);
        group.put("momentum", config.momentum());
        group.put("dampening", 0L);
        group.put("weight_decay", config.weightDecay());
        group.put("nesterov", config.nesterov());
        group.put("maximize", false);
        group.put("foreach", null);
        group.put("differentiable", false);
        group.put("fused", null);
        return new OptimizerState(List.of(group), List.of(velocities.size()), entries).tree();
    }

    /**
     * Takes over what {@link #state} or Python's SGD saved. Velocities are matched by position, whatever numbers Python
     * gave the parameters; one that is missing is 0, as before its parameter's first step.
     */
    @Override
    public void restore(Map<String, ?> saved, String source) {
        OptimizerState state = OptimizerState.of(saved)
                .filter(read ->
                        read.groups().size() == 1 && read.groups().get(0).get("lr") instanceof Number)
                .orElseThrow(() ->
                        new UserError(UserError.FAILED, source + " has no state of SGD with one parameter group."));
        if (state.entries().size() != velocities.size()) {
            throw new UserError(
                    UserError.FAILED,
                    source + " has the optimizer state of " + state.entries().size()
                            + " tensors, and this network has " + velocities.size()
                            + ": it is of another architecture.");
        }
        Map<String, Tensor> own = new LinkedHashMap<>();
        Map<String, Object> values = new LinkedHashMap<>();
        for (int i = 0; i < velocities.size(); i++) {
            Object velocity = state.entries().get(i).get(OptimizerState.VELOCITY);
            // Python leaves out, or sets to None, what has not been trained yet.
            if (velocity != null) {
                own.put("optimizer.state." + i, velocities.get(i));
                values.put("optimizer.state." + i, velocity);
            }
        }
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            StateDict.copy(own, values, source);
            for (int i = 0; i < velocities.size(); i++) {
                if (!own.containsKey("optimizer.state." + i)) {
                    velocities.get(i).zero_();
                }
            }
        }
        learningRate = ((Number) Objects.requireNonNull(state.groups().get(0).get("lr"))).doubleValue();
    }

    @Override
    public void close() {
        arena.close();
    }
}
