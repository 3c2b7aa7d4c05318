package io.contrast4j.train;

import io.contrast4j.objective.Loss;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Means of the loss and its parts over the samples of an epoch. The sums stay on the device until they are asked for. */
final class EpochMeter implements Stateful, AutoCloseable {
    private final Map<String, Tensor> sums = new LinkedHashMap<>();
    private long samples;
    private boolean restored;

    /** Takes in a batch of n samples. */
    void add(Loss loss, int n) {
        values(loss).forEach((name, value) -> {
            Tensor weighted = value.detach().to(ScalarType.Double).mul(new Scalar((double) n));
            Tensor sum = sums.get(name);
            if (sum == null) {
                sums.put(name, Scope.keep(weighted));
            } else if (restored) {
                // A restored sum is on the CPU, and joins the others here.
                sums.put(name, Scope.keep(Tensors.to(sum, weighted.device()).add(weighted)));
                sum.close();
            } else {
                sum.add_(weighted);
            }
        });
        restored = false;
        samples += n;
    }

    /** The total under the name {@code loss}, then the parts. */
    static Map<String, Tensor> values(Loss loss) {
        Map<String, Tensor> values = new LinkedHashMap<>();
        values.put("loss", loss.total());
        values.putAll(loss.parts());
        return values;
    }

    Map<String, Double> means() {
        Map<String, Double> means = new LinkedHashMap<>();
        sums.forEach((name, sum) -> means.put(name, Tensors.scalar(sum) / samples));
        return means;
    }

    void reset() {
        sums.values().forEach(Tensor::close);
        sums.clear();
        samples = 0;
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> values = new LinkedHashMap<>();
        sums.forEach((name, sum) -> values.put(name, Tensors.scalar(sum)));
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("sums", values);
        state.put("samples", samples);
        return state;
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        if (!(state.get("sums") instanceof Map<?, ?> saved)
                || !saved.values().stream().allMatch(sum -> sum instanceof Number)
                || !(state.get("samples") instanceof Number count)) {
            throw new UserError(UserError.FAILED, source + " has no meters; it is not a checkpoint of a run.");
        }
        reset();
        saved.forEach((name, sum) ->
                sums.put((String) name, Scope.keep(Tensors.of(new double[] {((Number) sum).doubleValue()}))));
        samples = count.longValue();
        restored = true;
    }

    @Override
    public void close() {
        reset();
    }
}
