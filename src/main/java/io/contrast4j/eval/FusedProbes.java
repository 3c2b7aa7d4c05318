package io.contrast4j.eval;

import io.contrast4j.optim.Sgd;
import io.contrast4j.tensor.Arena;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.RowProducts;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.StateDict;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Linear classifiers that are trained by SGD, as one: their weights stand below each other in a matrix of R·C rows, so that
 * a step of all takes two matrix products. With Y the one-hot labels and P the softmax of the logits, the gradient of the
 * mean cross-entropy of one of them is (P − Y)ᵀX/N for the weights and the column sums of (P − Y)/N for the biases; then
 * as {@link Sgd}: d = g + λ·p; v ← μ·v + d; p ← p − η·v, or with Nesterov's form p ← p − η·(d + μ·v), η being that of the
 * row. Each is what it would be alone up to rounding.
 */
final class FusedProbes implements ProbeGroup {
    private static final String WEIGHT = "fc.weight";
    private static final String BIAS = "fc.bias";

    private final Arena arena = new Arena();
    private final Sgd.Config rule;
    private final int count;
    private final long classes;
    /** Weight, bias and their velocities: R·C×D and R·C. */
    private final Map<String, Tensor> live = new LinkedHashMap<>();

    private double[] rates;
    private final Tensor columns;
    private final boolean[] dropped;

    /**
     * @param weight C×D, what all start from
     * @param bias C
     * @param count R
     */
    FusedProbes(Sgd.Config rule, Tensor weight, Tensor bias, int count) {
        this.rule = rule;
        this.count = count;
        this.classes = weight.size(0);
        this.rates = new double[count];
        this.dropped = new boolean[count];
        arena.own(() -> {
            live.put(WEIGHT, weight.detach().repeat(count, 1).clone());
            live.put(BIAS, bias.detach().repeat(count).clone());
            live.put("velocity." + WEIGHT, torch.torch_zeros_like(live.get(WEIGHT)));
            live.put("velocity." + BIAS, torch.torch_zeros_like(live.get(BIAS)));
            return null;
        });
        // The learning rate of each row.
        this.columns = arena.own(() -> torch.torch_zeros_like(live.get(BIAS)));
    }

    private Tensor weight() {
        return live.get(WEIGHT);
    }

    private Tensor bias() {
        return live.get(BIAS);
    }

    @Override
    public Tensor logits(Tensor vectors) {
        try (NoGrad noGrad = NoGrad.open()) {
            return RowProducts.plain(vectors, weight().t()).add_(bias()).view(vectors.size(0), count, classes);
        }
    }

    @Override
    public Step step(Tensor vectors, Tensor labels, double[] rates, long draws) {
        try (NoGrad noGrad = NoGrad.open()) {
            set(rates);
            Tensor logits = logits(vectors);
            Softmax softmax = Softmax.of(logits);
            Step found = new Step(logits, softmax.losses(labels));
            Tensor rows = softmax.gradient(labels).view(vectors.size(0), count * classes);
            move(WEIGHT, RowProducts.plain(rows.t(), vectors), columns.unsqueeze(1));
            move(BIAS, rows.sum(0), columns);
            return found;
        }
    }

    private void move(String name, Tensor gradient, Tensor rates) {
        Tensor parameter = live.get(name);
        if (rule.weightDecay() > 0) {
            gradient.add_(parameter, new Scalar(rule.weightDecay()));
        }
        Tensor direction = gradient;
        if (rule.momentum() > 0) {
            Tensor velocity = live.get("velocity." + name);
            velocity.mul_(new Scalar(rule.momentum())).add_(gradient);
            direction = rule.nesterov() ? gradient.add(velocity, new Scalar(rule.momentum())) : velocity;
        }
        parameter.addcmul_(direction, rates, new Scalar(-1.0));
    }

    private void set(double[] next) {
        double[] kept = next.clone();
        for (int i = 0; i < count; i++) {
            kept[i] = dropped[i] ? 0 : kept[i];
        }
        if (!Arrays.equals(kept, rates)) {
            rates = kept;
            for (int i = 0; i < count; i++) {
                columns.narrow(0, i * classes, classes).fill_(new Scalar(kept[i]));
            }
        }
    }

    @Override
    public Map<String, Tensor> classifier(int number) {
        Map<String, Tensor> own = new LinkedHashMap<>();
        own.put(WEIGHT, rows(WEIGHT, number));
        own.put(BIAS, rows(BIAS, number));
        return own;
    }

    private Tensor rows(String name, int number) {
        return live.get(name).narrow(0, number * classes, classes);
    }

    /** Zeros, so that nothing has to be computed with what is not finite. */
    @Override
    public void drop(int number) {
        dropped[number] = true;
        rates = new double[0];
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            live.keySet().forEach(name -> rows(name, number).zero_());
        }
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>(live);
        long[] gone = new long[count];
        for (int i = 0; i < count; i++) {
            gone[i] = dropped[i] ? 1 : 0;
        }
        state.put("dropped", Tensors.of(gone, count));
        return state;
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Map<String, Tensor> own = new LinkedHashMap<>(live);
            own.put("dropped", Tensors.zeros(ScalarType.Long, count));
            StateDict.copy(own, state, source);
            long[] gone = Tensors.longs(own.get("dropped"));
            for (int i = 0; i < count; i++) {
                dropped[i] = gone[i] != 0;
            }
        }
        rates = new double[0];
    }

    @Override
    public void close() {
        arena.close();
    }
}
