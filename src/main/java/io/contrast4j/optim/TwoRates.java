package io.contrast4j.optim;

import io.contrast4j.spec.UserError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Two optimizers of one kind as one, as for an encoder that moves slowly below a classifier that is new: the second one's
 * learning rate is a multiple of the first one's. Where gradients are shortened, each one's are by themselves. The state is that
 * of Python's optimizer with the parameter groups of both, those of the first one first.
 */
public final class TwoRates implements Optimizer {
    private final Optimizer first;
    private final Optimizer second;
    private final double factor;

    /**
     * @param slow tensors that are trained at the configured rate, kept in this order; their owner outlives the optimizer
     * @param other tensors that are trained at a multiple of it
     * @param factor the multiple, above 0
     */
    public TwoRates(Optimizer.Config config, Iterable<Tensor> slow, Iterable<Tensor> other, double factor) {
        this.first = config.build(slow);
        this.second = config.build(other);
        this.factor = factor;
        learningRate(config.learningRate());
    }

    /**
     * Of named tensors.
     *
     * @param parameters in their order
     * @param prefix what the names of those begin with that are trained at a multiple of the rate
     */
    public static TwoRates of(Optimizer.Config config, Map<String, Tensor> parameters, String prefix, double factor) {
        Map<String, Tensor> other = new LinkedHashMap<>(parameters);
        other.keySet().removeIf(name -> !name.startsWith(prefix));
        Map<String, Tensor> slow = new LinkedHashMap<>(parameters);
        slow.keySet().removeAll(other.keySet());
        return new TwoRates(config, slow.values(), other.values(), factor);
    }

    @Override
    public double learningRate() {
        return first.learningRate();
    }

    @Override
    public void learningRate(double rate) {
        first.learningRate(rate);
        second.learningRate(rate * factor);
    }

    @Override
    public void zeroGrad() {
        first.zeroGrad();
        second.zeroGrad();
    }

    @Override
    public void step() {
        first.step();
        second.step();
    }

    @Override
    public Map<String, Object> state() {
        OptimizerState one = own(first);
        OptimizerState other = own(second);
        return new OptimizerState(
                        joined(one.groups(), other.groups()),
                        joined(one.sizes(), other.sizes()),
                        joined(one.entries(), other.entries()))
                .tree();
    }

    private static OptimizerState own(Optimizer optimizer) {
        return OptimizerState.of(optimizer.state()).orElseThrow();
    }

    private static <T> List<T> joined(List<T> one, List<T> other) {
        List<T> all = new ArrayList<>(one);
        all.addAll(other);
        return all;
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        OptimizerState one = own(first);
        OptimizerState other = own(second);
        OptimizerState all = OptimizerState.of(state)
                .filter(saved -> saved.sizes().equals(joined(one.sizes(), other.sizes())))
                .orElseThrow(
                        () -> new UserError(
                                UserError.FAILED,
                                source
                                        + " has no state of an optimizer of an encoder and its classifier, of this architecture."));
        int groups = one.groups().size();
        int entries = one.entries().size();
        first.restore(part(all, 0, groups, 0, entries), source);
        second.restore(
                part(all, groups, all.groups().size(), entries, all.entries().size()), source);
    }

    private static Map<String, Object> part(OptimizerState all, int group, int groups, int entry, int entries) {
        return new OptimizerState(
                        all.groups().subList(group, groups),
                        all.sizes().subList(group, groups),
                        all.entries().subList(entry, entries))
                .tree();
    }

    @Override
    public void close() {
        first.close();
        second.close();
    }
}
