package io.contrast4j.optim;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Operator;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Keeps small gradients from becoming 0 in 16-bit floating point (Micikevicius et al., "Mixed Precision Training",
 * arXiv:1710.03740): the loss is multiplied by a scale before the backward pass, and the gradients are divided by it
 * afterwards. Where one of them is infinite or no number, the step is left out and the scale falls; after so many good
 * steps in a row it rises. The rule and the state are those of Python's {@code torch.amp.GradScaler}.
 *
 * <pre>{@code
 * scaler.scaled(loss).backward();
 * boolean moved = scaler.step(optimizer);
 * }</pre>
 */
public final class GradScaler implements Stateful, AutoCloseable {
    private static final Operator UNSCALE = Operator.of("aten::_amp_foreach_non_finite_check_and_unscale_");
    private static final Operator UPDATE = Operator.of("aten::_amp_update_scale_");

    private final Arena arena = new Arena();
    private final Config config;
    private final List<Tensor> parameters = new ArrayList<>();
    private final Tensor scale;
    private final Tensor good;

    /** 1 where a gradient of this step is infinite or no number, else 0. */
    private final Tensor nonFinite;

    private boolean isUnscaled;

    /**
     * @param initialScale scale of the first step, above 0
     * @param growth factor of the scale after enough good steps, above 1
     * @param backoff factor after a step that was left out, above 0 and below 1
     * @param growthInterval good steps in a row after which the scale rises, at least 1
     */
    public record Config(double initialScale, double growth, double backoff, int growthInterval) {
        /** 65536, doubled after 2000 good steps and halved after a bad one: Python's defaults. */
        public static final Config STANDARD = new Config(65536, 2, 0.5, 2000);

        public Config {
            new Problems()
                    .above("initialScale", initialScale, 0)
                    .above("growth", growth, 1)
                    .require(backoff > 0 && backoff < 1, "backoff", backoff, "greater than 0 and less than 1")
                    .atLeast("growthInterval", growthInterval, 1)
                    .raise();
        }
    }

    /**
     * @param parameters those of the optimizer, all of one type; their owner outlives the scaler
     * @param device that they are on
     */
    public GradScaler(Config config, Iterable<Tensor> parameters, Device device) {
        this.config = config;
        this.scale = arena.own(() -> {
            parameters.forEach(parameter -> this.parameters.add(new Tensor(parameter)));
            return Tensors.to(Tensors.of(new float[] {(float) config.initialScale()}, 1), device);
        });
        // The kernel wants a 32-bit integer.
        this.good = arena.own(() -> Tensors.to(Tensors.zeros(ScalarType.Int, 1), device));
        this.nonFinite = arena.own(() -> Tensors.to(Tensors.zeros(ScalarType.Float, 1), device));
    }

    /** The loss times the scale, to be differentiated in place of the loss. */
    public Tensor scaled(Tensor loss) {
        return loss.mul(scale.squeeze(0));
    }

    /** Divides the gradients by the scale, so that they can be looked at before {@link #step}, which does it otherwise. */
    public void unscale() {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            List<Tensor> gradients = parameters.stream()
                    .map(Tensor::grad)
                    .filter(Tensor::defined)
                    .toList();
            // The inverse in double precision, as Python takes it.
            Tensor inverse = scale.to(ScalarType.Double).reciprocal().to(ScalarType.Float);
            nonFinite.zero_();
            UNSCALE.run(Operator.tensors(gradients), new IValue(nonFinite), new IValue(inverse));
            isUnscaled = true;
        }
    }

    /**
     * Takes the optimizer's step with the gradients divided by the scale, unless one of them is infinite or no number, and
     * adapts the scale. This waits for the device.
     *
     * @return whether the optimizer took its step
     */
    public boolean step(Optimizer optimizer) {
        if (!isUnscaled) {
            unscale();
        }
        isUnscaled = false;
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            boolean isFinite = Tensors.scalar(nonFinite) == 0;
            if (isFinite) {
                optimizer.step();
            }
            UPDATE.call(
                    new IValue(scale),
                    new IValue(good),
                    new IValue(nonFinite),
                    new IValue(config.growth()),
                    new IValue(config.backoff()),
                    new IValue((long) config.growthInterval()));
            return isFinite;
        }
    }

    /** The scale of the next step. On CUDA this waits for the device. */
    public double scale() {
        return Tensors.scalar(scale);
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("scale", scale());
        state.put("growth_factor", config.growth());
        state.put("backoff_factor", config.backoff());
        state.put("growth_interval", (long) config.growthInterval());
        state.put("_growth_tracker", Tensors.longs(good)[0]);
        return state;
    }

    /** Takes over the scale and the good steps that {@link #state} or Python's scaler saved; the rule stays this one's. */
    @Override
    public void restore(Map<String, ?> state, String source) {
        if (!(state.get("scale") instanceof Number saved)
                || !(state.get("_growth_tracker") instanceof Number steps)
                || !(saved.doubleValue() > 0)) {
            throw new UserError(
                    UserError.FAILED,
                    source + " has no state of a gradient scaler; it was trained in another train.precision.");
        }
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            scale.fill_(new Scalar(saved.doubleValue()));
            good.fill_(new Scalar(steps.doubleValue()));
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
