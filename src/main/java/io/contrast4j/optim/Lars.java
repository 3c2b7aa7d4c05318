package io.contrast4j.optim;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Operator;
import io.contrast4j.tensor.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Layer-wise adaptive rate scaling (You et al., "Large Batch Training of Convolutional Networks", arXiv:1708.03888), for
 * batches of thousands: SGD with momentum on gradients that are scaled to the length of their parameter. For each
 * parameter d = g + λ·p; q = κ·‖p‖/‖d‖, or 1 where a length is 0; v ← μ·v + q·d; p ← p − η·v. Exempt parameters have λ = 0
 * and q = 1.
 *
 * <p>This is the form of the self-supervised systems: the length is that of the decayed gradient, where the paper adds the
 * lengths of its two parts, and η stands outside of the velocity. The state is that of SGD with a further option.
 */
public final class Lars implements TrainingOptimizer {
    private static final Operator ADD = Operator.of("aten::_foreach_add", "List");
    private static final Operator NORMS = Operator.of("aten::_foreach_norm", "Scalar");
    private static final Operator MULTIPLY = Operator.of("aten::_foreach_mul_", "List");
    private static final Operator FUSED = Operator.of("aten::_fused_sgd_");

    private final Config config;
    private final Trained trained;

    /**
     * @param learningRate η, 0 or more
     * @param momentum μ, 0 to 1
     * @param weightDecay λ, 0 or more
     * @param trust κ, the share of its own length that a parameter moves at η = 1, above 0
     * @param exempt which parameters have neither weight decay nor a rate of their own
     * @param clipNorm length that all gradients together have at most, above 0
     */
    @TypeName("lars")
    public record Config(
            double learningRate,
            double momentum,
            double weightDecay,
            double trust,
            Exempt exempt,
            Optional<Double> clipNorm)
            implements Optimizer.Config {
        public Config {
            new Problems()
                    .atLeast("learningRate", learningRate, 0)
                    .between("momentum", momentum, 0, 1)
                    .atLeast("weightDecay", weightDecay, 0)
                    .above("trust", trust, 0)
                    .require(clipNorm.orElse(1.0) > 0, "clipNorm", clipNorm.orElse(1.0), "greater than 0")
                    .raise();
        }

        @Override
        public Optimizer build(Iterable<Tensor> parameters) {
            return new Lars(this, parameters);
        }
    }

    private Lars(Config config, Iterable<Tensor> parameters) {
        this.config = config;
        this.trained = new Trained(
                "LARS",
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
                FUSED.run(
                        group.parameters(),
                        group.isExempt() ? group.gradients() : adapted(group),
                        config.momentum() > 0
                                ? group.kept(OptimizerState.VELOCITY)
                                : Operator.tensors(List.<Tensor>of()),
                        new IValue(0.0),
                        new IValue(config.momentum()),
                        new IValue(trained.rate()),
                        new IValue(0.0),
                        new IValue(false),
                        new IValue(false),
                        new IValue(false),
                        new IValue(),
                        new IValue());
            }
        }
    }

    /** q·d of each parameter. Lengths stay on the device. */
    private IValue adapted(Trained.Moving group) {
        IValue decayed = Operator.tensors(
                ADD.list(group.gradients(), group.parameters(), new IValue(new Scalar(config.weightDecay()))));
        Tensor lengths = norms(group.parameters());
        Tensor steps = norms(decayed);
        Tensor ratio = lengths.div(steps).mul(new Scalar(config.trust()));
        Tensor moves = lengths.gt(new Scalar(0.0)).logical_and(steps.gt(new Scalar(0.0)));
        Tensor scale = torch.where(moves, ratio, torch.torch_ones_like(ratio));
        MULTIPLY.run(decayed, Operator.tensors(List.of(scale.unbind().get())));
        return decayed;
    }

    private static Tensor norms(IValue tensors) {
        List<Tensor> norms = NORMS.list(tensors, new IValue(new Scalar(2.0)), new IValue());
        return torch.stack(new TensorVector(norms.toArray(Tensor[]::new)));
    }

    @Override
    public Map<String, Object> state() {
        return trained.state(group -> {
            double decay = group.isExempt() ? 0 : config.weightDecay();
            Map<String, @Nullable Object> options = Sgd.options(trained.rate(), config.momentum(), decay, false);
            options.put("trust_coefficient", config.trust());
            return options;
        });
    }

    @Override
    public void close() {
        trained.close();
    }
}
