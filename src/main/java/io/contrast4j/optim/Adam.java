package io.contrast4j.optim;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Operator;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Adam (Kingma and Ba, arXiv:1412.6980): m ← β₁·m + (1 − β₁)·d; s ← β₂·s + (1 − β₂)·d²; in its t-th step
 * p ← p − η·m̂/(√ŝ + ε) with m̂ = m/(1 − β₁ᵗ) and ŝ = s/(1 − β₂ᵗ). Weight decay λ is part of the gradient, d = g + λ·p, or,
 * in AdamW (Loshchilov and Hutter, arXiv:1711.05101), decoupled from it: d = g, and p ← p − η·λ·p comes first. One call of
 * LibTorch's fused kernel updates all parameters of a group.
 */
public final class Adam implements TrainingOptimizer {
    private static final String STEP = "step";
    private static final String MEAN = "exp_avg";
    private static final String SQUARE = "exp_avg_sq";

    private static final Operator COUNT = Operator.of("aten::_foreach_add_", "Scalar");

    private final Decay decay;
    private final Config config;
    private final Trained trained;

    /** Where weights decay. */
    private enum Decay {
        GRADIENT("Adam", "aten::_fused_adam_"),
        DECOUPLED("AdamW", "aten::_fused_adamw_");

        private final String optimizer;
        private final Operator fused;

        Decay(String optimizer, String kernel) {
            this.optimizer = optimizer;
            this.fused = Operator.of(kernel);
        }
    }

    /**
     * Adam.
     *
     * @param learningRate η, 0 or more
     * @param beta1 β₁ of the mean of gradients, 0 up to but not 1
     * @param beta2 β₂ of the mean of their squares, 0 up to but not 1
     * @param epsilon ε, 0 or more
     * @param weightDecay λ, 0 or more
     * @param exempt which parameters have no weight decay
     * @param clipNorm length that all gradients together have at most, above 0
     */
    @TypeName("adam")
    public record Config(
            double learningRate,
            double beta1,
            double beta2,
            double epsilon,
            double weightDecay,
            Exempt exempt,
            Optional<Double> clipNorm)
            implements Optimizer.Config {
        public Config {
            new Problems()
                    .atLeast("learningRate", learningRate, 0)
                    .require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "at least 0 and less than 1")
                    .require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "at least 0 and less than 1")
                    .atLeast("epsilon", epsilon, 0)
                    .atLeast("weightDecay", weightDecay, 0)
                    .require(clipNorm.orElse(1.0) > 0, "clipNorm", clipNorm.orElse(1.0), "greater than 0")
                    .raise();
        }

        @Override
        public Optimizer build(Iterable<Tensor> parameters) {
            return new Adam(Decay.GRADIENT, this, parameters);
        }
    }

    /**
     * AdamW.
     *
     * @param learningRate η, 0 or more
     * @param beta1 β₁ of the mean of gradients, 0 up to but not 1
     * @param beta2 β₂ of the mean of their squares, 0 up to but not 1
     * @param epsilon ε, 0 or more
     * @param weightDecay λ, 0 or more
     * @param exempt which parameters have no weight decay
     * @param clipNorm length that all gradients together have at most, above 0
     */
    @TypeName("adamw")
    public record Decoupled(
            double learningRate,
            double beta1,
            double beta2,
            double epsilon,
            double weightDecay,
            Exempt exempt,
            Optional<Double> clipNorm)
            implements Optimizer.Config {
        public Decoupled {
            // The limits are those of Adam.
            new Config(learningRate, beta1, beta2, epsilon, weightDecay, exempt, clipNorm);
        }

        @Override
        public Optimizer build(Iterable<Tensor> parameters) {
            Config same = new Config(learningRate, beta1, beta2, epsilon, weightDecay, exempt, clipNorm);
            return new Adam(Decay.DECOUPLED, same, parameters);
        }
    }

    private Adam(Decay decay, Config config, Iterable<Tensor> parameters) {
        this.decay = decay;
        this.config = config;
        Map<String, UnaryOperator<Tensor>> kept = new LinkedHashMap<>();
        // Beside the parameter, where the kernel reads it without waiting.
        kept.put(STEP, parameter -> Tensors.to(Tensors.zeros(ScalarType.Float), parameter.device()));
        kept.put(MEAN, torch::torch_zeros_like);
        kept.put(SQUARE, torch::torch_zeros_like);
        this.trained = new Trained(
                decay.optimizer, parameters, kept, config.exempt(), config.clipNorm(), config.learningRate());
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
                COUNT.run(group.kept(STEP), new IValue(new Scalar(1.0)));
                decay.fused.run(
                        group.parameters(),
                        group.gradients(),
                        group.kept(MEAN),
                        group.kept(SQUARE),
                        Operator.tensors(List.<Tensor>of()),
                        group.kept(STEP),
                        new IValue(trained.rate()),
                        new IValue(config.beta1()),
                        new IValue(config.beta2()),
                        new IValue(group.isExempt() ? 0 : config.weightDecay()),
                        new IValue(config.epsilon()),
                        new IValue(false),
                        new IValue(false),
                        new IValue(),
                        new IValue());
            }
        }
    }

    @Override
    public Map<String, Object> state() {
        return trained.state(group -> {
            Map<String, @Nullable Object> options = new LinkedHashMap<>();
            options.put("lr", trained.rate());
            options.put("betas", List.of(config.beta1(), config.beta2()));
            options.put("eps", config.epsilon());
            options.put("weight_decay", group.isExempt() ? 0 : config.weightDecay());
            options.put("amsgrad", false);
            options.put("maximize", false);
            options.put("foreach", null);
            options.put("capturable", false);
            options.put("differentiable", false);
            options.put("fused", null);
            options.put("decoupled_weight_decay", decay == Decay.DECOUPLED);
            return options;
        });
    }

    @Override
    public void close() {
        trained.close();
    }
}
