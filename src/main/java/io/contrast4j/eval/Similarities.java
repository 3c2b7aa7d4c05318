package io.contrast4j.eval;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/** Inner products of rows with rows, some at a time: no table of all pairs is ever in memory. */
final class Similarities {
    /** Bytes of a block of float32: large enough for a matrix product to be fast. */
    private static final long BLOCK = 64L << 20;

    private Similarities() {}

    /** Some rows of the table. */
    interface Block {
        /**
         * @param first number of the first row
         * @param similarities B×n of the rows from there on; freed afterwards
         */
        void take(long first, Tensor similarities);
    }

    /** All rows of queries·knownᵀ, in order. */
    static void between(Tensor queries, Tensor known, Block block) {
        long rows = Math.max(1, BLOCK / Float.BYTES / Math.max(1, known.size(0)));
        for (long first = 0; first < queries.size(0); first += rows) {
            try (Scope scope = Scope.open()) {
                long count = Math.min(rows, queries.size(0) - first);
                block.take(first, queries.narrow(0, first, count).mm(known.t()));
            }
        }
    }

    /** The same of rows with each other; that of a row with itself is −∞. */
    static void within(Tensor rows, Block block) {
        between(rows, rows, (first, similarities) -> {
            similarities.diagonal(first, 0, 1).fill_(Tensors.scalar(Double.NEGATIVE_INFINITY));
            block.take(first, similarities);
        });
    }
}
