package io.contrast4j.negatives;

import io.contrast4j.tensor.RowProducts;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * The n rows of a store as features are compared with them, wherever they are. Inner products have a gradient for the features;
 * rows have none.
 */
public interface Rows {
    /** Number n of rows. */
    long count();

    /** All of them, n×D; live where they all are in this process, and never changed before a step's backward pass is done. */
    Tensor all();

    /**
     * Some of them, m×D.
     *
     * @param positions int64 m, 0 … n−1; in several processes the same in all
     */
    Tensor some(Tensor positions);

    /** The inner products of N×D features with all rows, N×n. */
    Tensor products(Tensor features);

    /**
     * The inner products of N×D features with rows that were picked for each, N×K.
     *
     * @param picked N×K int64, 0 … n−1
     */
    Tensor products(Tensor features, Tensor picked);

    /**
     * Rows that are all in this process.
     *
     * @param table n×D
     */
    static Rows of(Tensor table) {
        return new Table(table);
    }

    /** A tensor of rows. */
    record Table(Tensor all) implements Rows {
        @Override
        public long count() {
            return all.size(0);
        }

        @Override
        public Tensor some(Tensor positions) {
            return all.index_select(0, Tensors.to(positions, all.device()));
        }

        @Override
        public Tensor products(Tensor features) {
            return RowProducts.of(features, all);
        }

        @Override
        public Tensor products(Tensor features, Tensor picked) {
            Tensor there = Tensors.to(picked, all.device());
            return PickedScores.choose(all, there).of(features, all, there);
        }
    }
}
