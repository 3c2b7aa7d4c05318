package io.contrast4j.data;

import io.contrast4j.tensor.CopyStream;
import io.contrast4j.tensor.Scope;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * The batches of one epoch, in order, while threads load those to come, and a GPU copies the next one, if {@linkplain #copyNext it
 * is told to}. Only one thread may take them. Closing stops the loading and frees what was not taken.
 */
public final class Batches implements Iterator<Batch>, AutoCloseable {
    private final SampleRenderer renderer;
    private final long epoch;
    private final Batching batching;
    private final int[] indices;
    private final int count;
    private final int prefetch;
    private final Canvas.Source canvases;
    private final WaitClock clock;
    private final List<Thread> workers;
    private final boolean copiesAhead;
    private Optional<CopyStream> copies = Optional.empty();
    private Optional<Batch> copied = Optional.empty();

    // All below is guarded by the lock.
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition roomToLoad = lock.newCondition();
    private final Condition batchComplete = lock.newCondition();
    private final Map<Integer, BatchBuilder> underWay = new HashMap<>();
    private int taken;
    private int claimedBatch;
    private int claimedSlot;
    private boolean closed;

    Batches(
            SampleRenderer renderer,
            Canvas.Source canvases,
            long epoch,
            Batching batching,
            int[] indices,
            int firstBatch,
            BatchLoader.Config config,
            WaitClock clock) {
        this.renderer = renderer;
        this.canvases = canvases;
        this.epoch = epoch;
        this.batching = batching;
        this.indices = indices;
        this.count = batching.count(indices.length);
        this.prefetch = config.prefetch();
        this.copiesAhead = config.devicePrefetch();
        this.clock = clock;
        this.taken = firstBatch;
        this.claimedBatch = firstBatch;
        this.workers =
                IntStream.range(0, config.workers()).mapToObj(this::worker).toList();
        workers.forEach(Thread::start);
    }

    private Thread worker(int number) {
        Thread thread = new Thread(this::work, "loader-" + number);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public boolean hasNext() {
        lock.lock();
        try {
            return copied.isPresent() || taken < count;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets a GPU copy the next batch while it computes what it is given from now on, if the configuration says so and the batch
     * is loaded by now, into pinned memory: nobody waits for anything. With the CPU as the device this does nothing. A batch that
     * cannot be loaded is left to {@link #next()}, which says so.
     */
    public void copyNext(Device device) {
        if (!copiesAhead || !device.is_cuda() || copied.isPresent() || !isLoaded()) {
            return;
        }
        Batch batch = take();
        try (Scope scope = Scope.open()) {
            if (batch.pictures().stream().allMatch(Tensor::is_pinned)) {
                CopyStream stream = copies.orElseGet(() -> new CopyStream(device));
                copies = Optional.of(stream);
                List<Tensor> onDevice = stream.copies(batch.pictures());
                batch.pictures().forEach(Tensor::close);
                onDevice.forEach(Scope::keep);
                batch = new Batch(onDevice, batch.rendering(), batch.labels(), batch.indices());
            }
        } finally {
            copied = Optional.of(batch);
        }
    }

    private boolean isLoaded() {
        lock.lock();
        try {
            BatchBuilder builder = underWay.get(taken);
            return builder != null && builder.isSound();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for the next batch. It belongs to the caller, who closes it.
     *
     * @throws io.contrast4j.spec.UserError if one of its samples cannot be read and the loader is to fail then, or if
     *     none of its samples can
     */
    @Override
    public Batch next() {
        if (copied.isEmpty()) {
            return take();
        }
        copies.ifPresent(CopyStream::join);
        Batch batch = copied.get();
        copied = Optional.empty();
        return batch;
    }

    private Batch take() {
        BatchBuilder builder;
        lock.lock();
        try {
            if (closed || taken >= count) {
                throw new NoSuchElementException();
            }
            long start = System.nanoTime();
            while (!complete(taken)) {
                batchComplete.awaitUninterruptibly();
            }
            clock.add(System.nanoTime() - start);
            builder = underWay.remove(taken++);
            roomToLoad.signalAll();
        } finally {
            lock.unlock();
        }
        return builder.finish();
    }

    private boolean complete(int batch) {
        BatchBuilder builder = underWay.get(batch);
        return builder != null && builder.complete();
    }

    /** Stops the threads, waits for them, and frees the batches that were not taken. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            roomToLoad.signalAll();
        } finally {
            lock.unlock();
        }
        joinAll();
        // Their memory may be given to others only when they are done.
        copies.ifPresent(CopyStream::join);
        copied.ifPresent(Batch::close);
        copied = Optional.empty();
        copies.ifPresent(CopyStream::close);
        copies = Optional.empty();
        underWay.values().forEach(BatchBuilder::free);
        underWay.clear();
        canvases.close();
    }

    private void joinAll() {
        boolean interrupted = false;
        for (Thread worker : workers) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void work() {
        for (Optional<Claim> claim = claim(); claim.isPresent(); claim = claim()) {
            load(claim.get());
        }
    }

    /** The next slot to fill, as soon as its batch may be loaded; nothing when there is no more to do. */
    private Optional<Claim> claim() {
        lock.lock();
        try {
            while (!closed && claimedBatch < count && claimedBatch - taken >= prefetch) {
                roomToLoad.awaitUninterruptibly();
            }
            if (closed || claimedBatch >= count) {
                return Optional.empty();
            }
            BatchBuilder builder = underWay.computeIfAbsent(claimedBatch, batch -> {
                int[] cut = batching.cut(indices, batch);
                return new BatchBuilder(canvases.blank(cut.length), cut, mayBeEmpty(batch));
            });
            Claim claim = new Claim(builder, claimedSlot++);
            if (claimedSlot == builder.slots()) {
                claimedSlot = 0;
                claimedBatch++;
            }
            return Optional.of(claim);
        } finally {
            lock.unlock();
        }
    }

    /** The last batch of several, which may be as small as one sample: it is no reason to give up. */
    private boolean mayBeEmpty(int batch) {
        return count > 1 && batch == count - 1 && batching.last() == Batching.Last.KEEP;
    }

    private record Claim(BatchBuilder builder, int slot) {}

    private void load(Claim claim) {
        BatchBuilder builder = claim.builder;
        try (Scope scope = Scope.open()) {
            int index = builder.index(claim.slot);
            builder.put(claim.slot, slot -> renderer.render(index, epoch, slot));
        } catch (Throwable e) {
            // The thread that takes the batch is the one to be told.
            builder.fail(claim.slot, e);
        }
        lock.lock();
        try {
            builder.slotDone();
            if (builder.complete()) {
                batchComplete.signal();
            }
        } finally {
            lock.unlock();
        }
    }
}
