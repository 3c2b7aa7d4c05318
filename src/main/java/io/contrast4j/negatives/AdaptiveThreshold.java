package io.contrast4j.negatives;

import io.contrast4j.spec.UserError;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A threshold that follows a measure: each new value is compared with the mean of the last ones before it. Better than
 * that, the threshold falls by δ, so negatives get harder; worse, it rises by δ; equal, and at the first value, it stays.
 */
final class AdaptiveThreshold implements Threshold {
    private final Threshold.Adaptive config;
    private final Deque<Double> last = new ArrayDeque<>();
    private double share;

    AdaptiveThreshold(Threshold.Adaptive config) {
        this.config = config;
        this.share = config.from();
    }

    @Override
    public double at(StepContext at) {
        return share;
    }

    @Override
    public Optional<Measure> follows() {
        return Optional.of(config.measure());
    }

    @Override
    public void observe(double value) {
        if (!Double.isFinite(value)) {
            return; // it says nothing, and would stay in the mean
        }
        // The sign of Σ(x − v) and not a mean: of equal values it is exactly 0.
        double above = last.stream().mapToDouble(x -> x - value).sum();
        double better = config.measure() == Measure.LOSS ? above : -above;
        if (better != 0) {
            double moved = better > 0 ? share - config.delta() : share + config.delta();
            share = Math.max(config.to(), Math.min(config.from(), moved));
        }
        last.addLast(value);
        if (last.size() > config.window()) {
            last.removeFirst();
        }
    }

    @Override
    public Map<String, Object> state() {
        return Map.of("share", share, "last", List.copyOf(last));
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        if (!(state.get("share") instanceof Double saved)
                || !(state.get("last") instanceof List<?> values)
                || !values.stream().allMatch(value -> value instanceof Double)) {
            throw new UserError(
                    UserError.FAILED,
                    source + " has no adaptive threshold; use the negatives.outer.type it was trained with.");
        }
        share = saved;
        last.clear();
        values.forEach(value -> last.addLast((Double) value));
    }
}
