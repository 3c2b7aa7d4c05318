package io.contrast4j.eval;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Vectors brought to mean 0 and deviation 1 in each of their D numbers, x ↦ (x − m)/s.
 *
 * @param means m of each output, D
 * @param deviations s of each output, D, at least 1e-6
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
                means.put(name, Scope.keep(values.mean(0)));
                deviations.put(name, Scope.keep(values.std(0).clamp_min(new Scalar(LEAST))));
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
