package io.contrast4j.optim;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Operator;
import io.contrast4j.tensor.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Stochastic gradient descent with momentum, as PyTorch defines it: d = g + λ·p; v ← μ·v + d; p ← p − η·v, or with
 * Nesterov's form p ← p − η·(d + μ·v). One call of LibTorch's fused kernel updates all parameters of a group.
 */
public final class Sgd implements TrainingOptimizer {
    private static final Operator FUSED = Operator.of("aten::_fused_sgd_");

    private final Config config;
    private final Trained trained;

    /**
     * @param learningRate η, 0 or more
     * @param momentum μ, 0 to 1
     * @param weightDecay λ, 0 or more
     * @param nesterov whether to use Nesterov's form
     * @param exempt which parameters have no weight decay
     * @param clipNorm length that all gradients together have at most, above 0
     */
    @TypeName("sgd")
    public record Config(
            double learningRate,
            double momentum,
            double weightDecay,
            boolean nesterov,
            Exempt exempt,
            Optional<Double> clipNorm)
            implements Optimizer.Config {
        public Config {
            new Problems()
                    .atLeast("learningRate", learningRate, 0)
                    .between("momentum", momentum, 0, 1)
                    .atLeast("weightDecay", weightDecay, 0)
                    .require(!nesterov || momentum > 0, "nesterov", nesterov, "false where optimizer.momentum is 0")
                    .require(clipNorm.orElse(1.0) > 0, "clipNorm", clipNorm.orElse(1.0), "greater than 0")
                    .raise();
        }

        /** All parameters are treated alike, and gradients are taken as they are. */
        public Config(double learningRate, double momentum, double weightDecay, boolean nesterov) {
            this(learningRate, momentum, weightDecay, nesterov, Exempt.NONE, Optional.empty());
        }

        @Override
        public Sgd build(Iterable<Tensor> parameters) {
            return new Sgd(this, parameters);
        }
    }

    /** @param parameters the tensors to train, kept in this order; their owner outlives the optimizer */
    public Sgd(Config config, Iterable<Tensor> parameters) {
        this.config = config;
        this.trained = new Trained(
                "SGD",
                parameters,
                Map.of(OptimizerState.VELOCITY, torch::torch_zeros_like),
                config.exempt(),
                config.clipNorm(),
                config.learningRate());
    }

    @Override
    public Trained trained() {
        return trained;
    }

    @Override
    public void step() {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            for (Trained.Moving group : trained.moving()) {
                // The kernel takes velocities only where there is momentum. They start at zero, which makes the first
                // step equal to the others, so that it needs no mark of its own.
                FUSED.run(
                        group.parameters(),
                        group.gradients(),
                        config.momentum() > 0
                                ? group.kept(OptimizerState.VELOCITY)
                                : Operator.tensors(List.<Tensor>of()),
                        new IValue(group.isExempt() ? 0 : config.weightDecay()),
                        new IValue(config.momentum()),
                        new IValue(trained.rate()),
                        new IValue(0.0),
                        new IValue(config.nesterov()),
                        new IValue(false),
                        new IValue(false),
                        new IValue(),
                        new IValue());
            }
        }
    }

    @Override
    public Map<String, Object> state() {
        return trained.state(group -> options(
                trained.rate(), config.momentum(), group.isExempt() ? 0 : config.weightDecay(), config.nesterov()));
    }

    /** The options of a group of Python's SGD, in its order. */
    static Map<String, @Nullable Object> options(double rate, double momentum, double decay, boolean nesterov) {
        Map<String, @Nullable Object> group = new LinkedHashMap<>();
        group.put("lr", rate);
        group.put("momentum", momentum);
        group.put("dampening", 0L);
        group.put("weight_decay", decay);
        group.put("nesterov", nesterov);
        group.put("maximize", false);
        group.put("foreach", null);
        group.put("differentiable", false);
        group.put("fused", null);
        return group;
    }

    @Override
    public void close() {
        trained.close();
    }
}
