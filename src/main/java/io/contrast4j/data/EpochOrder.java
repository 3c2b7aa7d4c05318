package io.contrast4j.data;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.Problems;
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

    /**
     * Some samples, in another random order each epoch.
     *
     * @param seed the order depends on it, on the epoch and on the samples only
     * @param chosen indices of the data set
     */
    record ShuffledSome(long seed, int... chosen) implements EpochOrder {
        @Override
        public int size() {
            return chosen.length;
        }

        @Override
        public int[] indices(long epoch) {
            return IntStream.of(CounterRandom.of(seed, epoch).permutation(chosen.length))
                    .map(i -> chosen[i])
                    .toArray();
        }
    }

    /**
     * One of several parts of an order, for processes that share an epoch: part r of R has the elements r, r + R, r + 2R, …
     * All parts are equally long, and together they follow the whole order, which every process makes for itself: it must
     * not depend on the part.
     *
     * @param whole the order that is shared
     * @param rank number of this part, from 0
     * @param world number of parts
     * @param uneven what becomes of a remainder
     */
    record Shard(EpochOrder whole, int rank, int world, Uneven uneven) implements EpochOrder {
        public Shard {
            new Problems()
                    .atLeast("world", world, 1)
                    .between("rank", rank, 0, Math.max(0, world - 1))
                    .require(
                            uneven == Uneven.DROP || whole.size() > 0,
                            "size",
                            whole.size(),
                            "at least 1 to be repeated")
                    .raise();
        }

        /** What becomes of an order whose length is no multiple of the number of parts. */
        public enum Uneven {
            /** It is begun again, so that some parts end with samples that came before. */
            REPEAT,
            /** Its last elements are left out. */
            DROP
        }

        @Override
        public int size() {
            int complete = whole.size() / world;
            return uneven == Uneven.DROP || whole.size() % world == 0 ? complete : complete + 1;
        }

        @Override
        public int[] indices(long epoch) {
            int[] all = whole.indices(epoch);
            return IntStream.range(0, size())
                    .map(i -> all[(int) ((rank + (long) i * world) % all.length)])
                    .toArray();
        }
    }

    /**
     * One of several parts of an order, for processes that share its batches: of each batch, part r has the rows from r·n to
     * (r + 1)·n. So all processes together see in each step what one process with the whole batch sees, whatever their
     * number. The end of the order that fills no batch is left out.
     *
     * @param whole the order that is shared
     * @param rank number of this part, from 0
     * @param world number of parts
     * @param rows n, those of each part in a batch
     */
    record BatchPart(EpochOrder whole, int rank, int world, int rows) implements EpochOrder {
        public BatchPart {
            new Problems()
                    .atLeast("world", world, 1)
                    .between("rank", rank, 0, Math.max(0, world - 1))
                    .atLeast("rows", rows, 1)
                    .raise();
        }

        @Override
        public int size() {
            return (int) (whole.size() / ((long) rows * world)) * rows;
        }

        @Override
        public int[] indices(long epoch) {
            int[] all = whole.indices(epoch);
            return IntStream.range(0, size())
                    .map(i -> all[i / rows * rows * world + rank * rows + i % rows])
                    .toArray();
        }
    }

    /**
     * One of several parts of an order that is cut into batches, for processes that share the work on a data set: part r of R
     * has the batches r, r + R, … as they are in the whole, the last one with what is left. Some parts may have one batch more
     * than others, or none.
     *
     * @param whole the order that is shared
     * @param rank number r of this part, from 0
     * @param world number R of parts
     * @param rows of a batch
     */
    record EveryNthBatch(EpochOrder whole, int rank, int world, int rows) implements EpochOrder {
        public EveryNthBatch {
            new Problems()
                    .atLeast("world", world, 1)
                    .between("rank", rank, 0, Math.max(0, world - 1))
                    .atLeast("rows", rows, 1)
                    .raise();
        }

        @Override
        public int size() {
            return (int) positions().count();
        }

        @Override
        public int[] indices(long epoch) {
            int[] all = whole.indices(epoch);
            return positions().map(i -> all[i]).toArray();
        }

        private IntStream positions() {
            return IntStream.range(0, whole.size()).filter(i -> i / rows % world == rank);
        }
    }
}
