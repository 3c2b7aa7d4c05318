package io.contrast4j.eval;

import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.bytedeco.pytorch.Tensor;

/** Where the vectors come from that classifiers are trained and tested on: made anew in each pass, or kept. */
public interface FeatureSource {
    /** The number of batches in a pass. */
    int batches();

    /**
     * Goes once through all pictures, in the order of the epoch.
     *
     * @param epoch from 0
     * @param stop asked before each batch
     * @throws CancellationException where it says true
     */
    void pass(long epoch, BooleanSupplier stop, Taker taker);

    /**
     * Makes sure that all passes were of the same model.
     *
     * @throws io.contrast4j.spec.UserError if what makes the vectors has changed
     */
    default void requireSame() {}

    /** What is done with each batch. */
    @FunctionalInterface
    interface Taker {
        /**
         * @param batch from 0
         * @param vectors of each output N×D; freed afterwards
         * @param labels N, int64, on the same device
         */
        void take(int batch, Map<String, Tensor> vectors, Tensor labels);
    }
}
