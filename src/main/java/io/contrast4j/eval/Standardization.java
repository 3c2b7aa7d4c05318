package io.contrast4j.eval;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Vectors brought to mean 0 and deviation 1 in each of their D numbers, x ↦ (x − m)/s. A number that is the same in all rows
 * has no deviation and is not scaled, s = 1: divided by next to nothing, it would drown all others where it is not the same in
 * other rows, as with a neuron that is silent on all training pictures and not on all test pictures.
 *
 * @param means m of each output, D
 * @param deviations s of each output, D; 1 where it would be at most 1e-6·max(1, |m|), which is rounding
 */
public record Standardization(Map<String, Tensor> means, Map<String, Tensor> deviations) implements AutoCloseable {
    private static final double LEAST = 1e-6;

    /** That of the rows of some outputs; owned by the caller. */
    public static Standardization of(Map<String, Tensor> rows) {
        Map<String, Tensor> means = new LinkedHashMap<>();
        Map<String, Tensor> deviations = new LinkedHashMap<>();
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            rows.forEach((name, values) -> {
                Tensor mean = values.mean(0);
                // The deviation of a single row is no number, which is not greater than anything.
                Tensor deviation = values.std(0);
                Tensor varies =
                        deviation.gt(mean.abs().clamp_min(new Scalar(1.0)).mul(new Scalar(LEAST)));
                means.put(name, Scope.keep(mean));
                deviations.put(name, Scope.keep(torch.where(varies, deviation, torch.torch_ones_like(deviation))));
            });
        }
        return new Standardization(means, deviations);
    }

    /** Changes rows in place. */
    public void apply(Map<String, Tensor> rows) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            rows.forEach((name, values) -> values.sub_(means.get(name)).div_(deviations.get(name)));
        }
    }

    /**
     * A linear layer that gives for vectors as they are what this one gives for standardised ones: W/s and b − W·(m/s).
     *
     * @param weight R×D
     * @param bias R
     * @return weight and bias, in the caller's scope
     */
    public Layer folded(String output, Tensor weight, Tensor bias) {
        try (NoGrad noGrad = NoGrad.open()) {
            Tensor scaled = weight.div(deviations.get(output));
            return new Layer(scaled, bias.sub(scaled.mv(means.get(output))));
        }
    }

    /** A linear layer. */
    public record Layer(Tensor weight, Tensor bias) {}

    @Override
    public void close() {
        means.values().forEach(Tensor::close);
        deviations.values().forEach(Tensor::close);
    }
}
