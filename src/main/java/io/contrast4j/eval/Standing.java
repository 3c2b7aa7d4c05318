package io.contrast4j.eval;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Stateful;
import io.contrast4j.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What a classifier, or an ensemble of them, has come to so far: its best epoch by top-1 on the test set, which only a
 * strictly greater one replaces; an accuracy of 0 is never the best.
 */
public final class Standing implements Stateful, AutoCloseable {
    private final String name;
    private final double rate;
    private double top1;
    private double top5;
    private double train;
    private long epoch;
    private long diverged;
    private long[] predictions = new long[0];
    private Map<String, Tensor> weights = new LinkedHashMap<>();

    Standing(String name, double rate) {
        this.name = name;
        this.rate = rate;
    }

    /** The output that is judged, or those of an ensemble joined by "+". */
    public String name() {
        return name;
    }

    /** The learning rate that the configuration gives it. */
    public double rate() {
        return rate;
    }

    /** The best top-1 accuracy, in percent; 0 before any. */
    public double top1() {
        return top1;
    }

    /** The top-5 accuracy of the best epoch, in percent. */
    public double top5() {
        return top5;
    }

    /** The top-1 accuracy on the training pictures in the last epoch, before each update, in percent; 0 of an ensemble. */
    public double train() {
        return train;
    }

    /** The best epoch, from 1; 0 if there is none. */
    public long epoch() {
        return epoch;
    }

    /** The epoch, from 1, in which its loss was no number any more, which ended its training; 0 if it always was. */
    public long diverged() {
        return diverged;
    }

    /** The classes that the test pictures were taken for in the best epoch; empty if there is none. */
    public long[] predictions() {
        return predictions.clone();
    }

    /** The classifier of the best epoch; empty for an ensemble, or if there is none. */
    public Map<String, Tensor> weights() {
        return Map.copyOf(weights);
    }

    void trained(double percent) {
        train = percent;
    }

    void diverged(long epoch) {
        diverged = epoch;
    }

    boolean beats(Tally.Score score) {
        return score.top1() > top1;
    }

    /** @param live the tensors of the classifier, which are copied */
    void best(long epoch, Tally.Score score, long[] predictions, Map<String, Tensor> live) {
        this.epoch = epoch;
        this.top1 = score.top1();
        this.top5 = score.top5();
        this.predictions = predictions.clone();
        keep(live);
    }

    private void keep(Map<String, Tensor> live) {
        close();
        Map<String, Tensor> copies = new LinkedHashMap<>();
        try (Scope scope = Scope.open()) {
            live.forEach(
                    (key, tensor) -> copies.put(key, Scope.keep(tensor.detach().clone())));
        }
        weights = copies;
    }

    @Override
    public Map<String, Object> state() {
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("top1", top1);
        state.put("top5", top5);
        state.put("train", train);
        state.put("epoch", epoch);
        state.put("diverged", diverged);
        state.put("predictions", Tensors.of(predictions, predictions.length));
        state.put("weights", new LinkedHashMap<>(weights));
        return state;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void restore(Map<String, ?> state, String source) {
        if (!(state.get("top1") instanceof Double first)
                || !(state.get("top5") instanceof Double five)
                || !(state.get("train") instanceof Double own)
                || !(state.get("epoch") instanceof Long best)
                || !(state.get("diverged") instanceof Long end)
                || !(state.get("predictions") instanceof Tensor classes)
                || !(state.get("weights") instanceof Map<?, ?> saved)) {
            throw new UserError(UserError.FAILED, source + " has no results of " + name + "; it cannot be resumed.");
        }
        top1 = first;
        top5 = five;
        train = own;
        epoch = best;
        diverged = end;
        predictions = Tensors.longs(classes);
        keep((Map<String, Tensor>) saved);
    }

    @Override
    public void close() {
        weights.values().forEach(Tensor::close);
        weights = new LinkedHashMap<>();
    }
}
