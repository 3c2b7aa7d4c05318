package io.contrast4j.data;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Stateful;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;

/**
 * Loads the batches of a data set ahead of their use, in threads of its own.
 *
 * <p>The threads work on whole samples: read, render the views, write them into the memory of the batch. Batches come
 * out in order and hold the same bytes whatever the number of threads: sample i of epoch e is rendered with a generator
 * made from (seed, e, i). At most {@code prefetch} batches are under way or waiting.
 *
 * <pre>{@code
 * try (Batches batches = loader.epoch(3)) {
 *     while (batches.hasNext()) {
 *         try (Batch batch = batches.next()) { … }
 *     }
 * }
 * }</pre>
 */
public final class BatchLoader implements Stateful {
    private final SampleReader reader;
    private final Supplier<Canvas.Source> canvases;
    private final SampleRenderer renderer;
    private final EpochOrder order;
    private final Batching batching;
    private final Config config;
    private final WaitClock clock = new WaitClock();

    /**
     * @param mixture what is done to the views of each picture
     * @param order the samples of each epoch
     * @param seed of everything random in the views
     */
    public BatchLoader(
            Dataset dataset,
            Views views,
            Mixture mixture,
            EpochOrder order,
            Batching batching,
            long seed,
            Config config) {
        this.reader = new SampleReader(dataset, config.onCorrupt, seed);
        this.canvases = () -> RenderedCanvas.source(views, config);
        this.renderer = new SampleRenderer(reader, views, mixture, seed);
        this.order = order;
        this.batching = batching;
        this.config = config;
    }

    /** Loads what views are made of on the device that trains. */
    public BatchLoader(
            Dataset dataset, DeferredViews views, EpochOrder order, Batching batching, long seed, Config config) {
        this.reader = new SampleReader(dataset, config.onCorrupt, seed);
        this.canvases = () -> CutCanvas.source(views, config);
        this.renderer = new SampleRenderer(reader, views.onCpu(), new Mixture.None(), seed);
        this.order = order;
        this.batching = batching;
        this.config = config;
    }

    /** Loads views as they are, without any mixture. */
    public BatchLoader(Dataset dataset, Views views, EpochOrder order, Batching batching, long seed, Config config) {
        this(dataset, views, new Mixture.None(), order, batching, seed, config);
    }

    /**
     * @param workers threads
     * @param prefetch batches that are loaded ahead
     * @param onCorrupt what to do about a sample that cannot be read
     * @param memoryFormat of the views
     * @param pinMemory whether views are in pinned memory, where there is a GPU
     * @param devicePrefetch whether the next batch is {@linkplain Batches#copyNext copied} to a GPU while it computes
     */
    public record Config(
            int workers,
            int prefetch,
            OnCorrupt onCorrupt,
            MemoryFormat memoryFormat,
            boolean pinMemory,
            boolean devicePrefetch) {
        public Config {
            new Problems()
                    .between("workers", workers, 1, 1024)
                    .between("prefetch", prefetch, 1, 1024)
                    .raise();
        }

        /** For batches that go to this device. For the CPU nothing is pinned: that would begin to use a GPU, which may be another's. */
        public Config on(Device device) {
            return new Config(
                    workers, prefetch, onCorrupt, memoryFormat, pinMemory && device.is_cuda(), devicePrefetch);
        }
    }

    /** The number of batches in an epoch. */
    public int batchesPerEpoch() {
        return batching.count(order.size());
    }

    /** The batches of an epoch, counted from 0. */
    public Batches epoch(long epoch) {
        return epoch(epoch, 0);
    }

    /**
     * The batches of an epoch from a later one on: what a run that was interrupted has still to see.
     *
     * @param epoch from 0
     * @param firstBatch from 0
     */
    public Batches epoch(long epoch, int firstBatch) {
        if (firstBatch < 0 || firstBatch > batchesPerEpoch()) {
            throw new IllegalArgumentException(
                    "there is no batch " + firstBatch + " in an epoch of " + batchesPerEpoch());
        }
        return new Batches(renderer, canvases.get(), epoch, batching, order.indices(epoch), firstBatch, config, clock);
    }

    /** The number of different samples that could not be read so far. */
    public int corrupt() {
        return reader.corrupt().size();
    }

    /** The samples that could not be read so far, by index, as the data set describes them. */
    public List<String> corruptFiles() {
        return List.copyOf(reader.corrupt().values());
    }

    /** Takes over from a loader of the same data set which samples cannot be read, so that they are not named again. */
    public void known(BatchLoader other) {
        reader.known(other.reader.corrupt());
    }

    /** The samples that could not be read, so that a resumed run counts them too. */
    @Override
    public Map<String, Object> state() {
        Map<Long, String> corrupt = new LinkedHashMap<>();
        reader.corrupt().forEach((index, name) -> corrupt.put((long) index, name));
        return Map.of("corrupt", corrupt);
    }

    @Override
    public void restore(Map<String, ?> state, String source) {
        if (!(state.get("corrupt") instanceof Map<?, ?> saved)) {
            throw new UserError(
                    UserError.FAILED, source + " does not say which samples could not be read; it cannot be resumed.");
        }
        Map<Integer, String> corrupt = new LinkedHashMap<>();
        saved.forEach((index, name) -> corrupt.put(((Number) index).intValue(), (String) name));
        reader.known(corrupt);
    }

    /** How long {@link Batches#next()} has waited for data so far, in nanoseconds, over all epochs. */
    public long waitNanos() {
        return clock.nanos();
    }
}
