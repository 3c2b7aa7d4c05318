package io.contrast4j.cli;

import io.contrast4j.data.Batch;
import io.contrast4j.data.BatchLoader;
import io.contrast4j.data.Batches;
import io.contrast4j.data.Batching;
import io.contrast4j.data.Dataset;
import io.contrast4j.data.EpochOrder;
import io.contrast4j.random.CounterRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;

/** What reading and transforming the pictures of a run takes while nothing else is done. */
final class ReadingTime {
    private static final long SEED = 1;
    private static final int BATCH = 8;

    /** More than are read in the time: the pictures over and over, in random order. */
    private static final int MOST = 1 << 16;

    private ReadingTime() {}

    /**
     * Seconds for each picture, with as many threads as the run has.
     *
     * @param device that the run is for
     * @param seconds that are spent on it, besides the first batch
     * @throws io.contrast4j.spec.UserError if pictures cannot be read, where the run would stop, too
     */
    static double perPicture(RunConfig config, Dataset train, Device device, double seconds) {
        int[] order = CounterRandom.of(SEED).permutation(train.size());
        int[] chosen =
                IntStream.range(0, MOST).map(i -> order[i % order.length]).toArray();
        BatchLoader loader = new BatchLoader(
                train,
                config.views().random(),
                config.mixture(),
                new EpochOrder.Chosen(chosen),
                new Batching(BATCH, Batching.Last.DROP),
                SEED,
                config.loader().on(device));
        try (Batches batches = loader.epoch(0)) {
            // The clock starts when a batch is handed over and stops when another one is.
            batches.next().close();
            long start = System.nanoTime();
            long pictures = 0;
            while (batches.hasNext() && (pictures == 0 || System.nanoTime() - start < seconds * 1e9)) {
                try (Batch batch = batches.next()) {
                    pictures += batch.size();
                }
            }
            return (System.nanoTime() - start) / 1e9 / pictures;
        }
    }
}
