package io.contrast4j.optim;

import java.util.Map;

/** An optimizer that keeps everything with the tensors it trains: all but its step and the words of its state. */
interface TrainingOptimizer extends Optimizer {
    /** Owned by this optimizer, which closes it. */
    Trained trained();

    @Override
    default double learningRate() {
        return trained().rate();
    }

    @Override
    default void learningRate(double rate) {
        trained().rate(rate);
    }

    @Override
    default void zeroGrad() {
        trained().zeroGrad();
    }

    @Override
    default void restore(Map<String, ?> saved, String source) {
        trained().restore(saved, source);
    }
}
