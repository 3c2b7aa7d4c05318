package io.contrast4j.negatives;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.Tensor;

/** The random numbers of one step. The seam through which a test supplies recorded ones. */
@FunctionalInterface
public interface Draws {
    /**
     * Items to contrast with.
     *
     * @param rows number N of anchors
     * @param columns number K of items for each
     * @param n items to draw from
     * @return N×K int64 on the CPU, each entry in 0 … n−1, independent and uniform, with replacement
     */
    Tensor items(long rows, long columns, long n);

    /**
     * Like {@link #items}, for the rows of a store that a step looks at: independent of which of them it then draws.
     *
     * @return int64 m on the CPU, each entry in 0 … n−1
     */
    default Tensor rows(long m, long n) {
        return items(1, m, n).flatten();
    }

    /** A uniform permutation of 0 … n−1, int64 on the CPU, for the order in which a batch is encoded. */
    default Tensor permutation(long n) {
        throw new UnsupportedOperationException("these draws have no permutation");
    }

    /** For mixtures of the batch. */
    default RandomGenerator mixing() {
        throw new UnsupportedOperationException("these draws have nothing for mixtures");
    }

    /**
     * Draws that depend on the seed and the step alone. All views of a step get the same table, as in CMC; it
     * belongs to the scope it was first asked for in, the step's.
     *
     * @param step number of optimizer steps before this one
     */
    static Draws keyed(long seed, long step) {
        return new Keyed(seed, step, new HashMap<>());
    }

    /** Counted from seed and step. The tables drawn so far are kept for the other views. */
    record Keyed(long seed, long step, Map<List<Long>, Tensor> tables) implements Draws {
        private static final long PERMUTATION = 1;
        private static final long MIXING = 2;
        private static final long ROWS = 3;

        @Override
        public Tensor items(long rows, long columns, long n) {
            return tables.computeIfAbsent(List.of(rows, columns, n), size -> {
                long[] items = new long[Math.toIntExact(rows * columns)];
                CounterRandom random = CounterRandom.of(seed, step);
                for (int i = 0; i < items.length; i++) {
                    items[i] = random.nextLong(n);
                }
                return Tensors.of(items, rows, columns);
            });
        }

        @Override
        public Tensor rows(long m, long n) {
            long[] rows = CounterRandom.of(seed, step, ROWS).longs(m, 0, n).toArray();
            return Tensors.of(rows, m);
        }

        @Override
        public Tensor permutation(long n) {
            int[] order = CounterRandom.of(seed, step, PERMUTATION).permutation(Math.toIntExact(n));
            return Tensors.of(Arrays.stream(order).asLongStream().toArray(), n);
        }

        @Override
        public RandomGenerator mixing() {
            return CounterRandom.of(seed, step, MIXING);
        }
    }
}
