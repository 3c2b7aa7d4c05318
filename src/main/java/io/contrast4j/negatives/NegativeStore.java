package io.contrast4j.negatives;

import io.contrast4j.objective.Monitored;
import io.contrast4j.spec.TypeName;
import io.contrast4j.tensor.Stateful;
import java.util.Optional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Features of earlier steps that serve as positives and negatives; they carry no gradient. */
public interface NegativeStore extends Stateful, Monitored, AutoCloseable {
    /** All rows, to compare features with. */
    Rows rows();

    /**
     * The row of each item, N×D; empty if rows belong to no items.
     *
     * @param indices N positions in the data set, int64 on the CPU
     */
    Optional<Tensor> rowsOf(Tensor indices);

    /**
     * Takes in what a step has computed; called after the optimizer's step.
     *
     * @param keys N×D features
     * @param indices N positions in the data set, int64 on the CPU
     */
    void commit(Tensor keys, Tensor indices);

    /** Number n of items that the rows stand for. */
    long population();

    @Override
    void close();

    /** Which store; picked by the key {@code type}. */
    sealed interface Config permits MemoryBank.Config, FeatureQueue.Config, None {
        /**
         * A store with random rows, drawn from LibTorch's default generator: seed it first.
         *
         * @param items size of the data set
         * @param dim length D of the features
         */
        NegativeStore build(long items, long dim, ScalarType type, Device device);

        /** Number of rows for a data set of so many items. */
        long rows(long items);
    }

    /** No store: the method contrasts the features of a batch with each other, or none at all. */
    @TypeName("none")
    record None() implements Config {
        @Override
        public NegativeStore build(long items, long dim, ScalarType type, Device device) {
            throw new IllegalStateException("there is no store to build");
        }

        @Override
        public long rows(long items) {
            return 0;
        }
    }
}
