package io.contrast4j.data;

import io.contrast4j.random.CounterRandom;
import java.util.stream.IntStream;

/** The order in which an epoch goes through a data set. */
public interface EpochOrder {
    /** The number of samples in an epoch. */
    int size();

    /**
     * The indices of the samples of an epoch; always the same for the same epoch.
     *
     * @param epoch from 0
     */
    int[] indices(long epoch);

    /**
     * All samples, in another random order each epoch.
     *
     * @param size of the data set
     * @param seed the order depends on it and on the epoch only
     */
    record Shuffled(int size, long seed) implements EpochOrder {
        @Override
        public int[] indices(long epoch) {
            return CounterRandom.of(seed, epoch).permutation(size);
        }
    }

    /**
     * All samples, in the order of the data set.
     *
     * @param size of the data set
     */
    record Sequential(int size) implements EpochOrder {
        @Override
        public int[] indices(long epoch) {
            return IntStream.range(0, size).toArray();
        }
    }

    /**
     * Some samples, in the order given.
     *
     * @param chosen indices of the data set
     */
    record Chosen(int... chosen) implements EpochOrder {
        @Override
        public int size() {
            return chosen.length;
        }

        @Override
        public int[] indices(long epoch) {
            return chosen.clone();
        }
    }
}
