package io.contrast4j.negatives;

import io.contrast4j.tensor.Stateful;
import org.bytedeco.pytorch.Tensor;

/** Features of earlier steps that serve as positives and negatives; they carry no gradient. */
public interface NegativeStore extends Stateful, AutoCloseable {
    /** All rows, n×D; live, so never changed before a step's backward pass is done. */
    Tensor keys();

    /**
     * Takes in what a step has computed; called after the optimizer's step.
     *
     * @param keys N×D features
     * @param indices N positions in the data set, int64 on the CPU
     */
    void commit(Tensor keys, Tensor indices);

    @Override
    void close();
}
