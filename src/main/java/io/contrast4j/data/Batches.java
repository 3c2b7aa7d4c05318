package io.contrast4j.data;

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

/**
 * The batches of one epoch, in order, while threads load those to come. Only one thread may take them. Closing stops the
 * loading and frees what was not taken.
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

    /** The number of the batch that {@link #next()} gives, counted from the start of the epoch. */
    public int position() {
        lock.lock();
        try {
            return taken;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean hasNext() {
        return position() < count;
    }

    /**
     * Waits for the next batch. It belongs to the caller, who closes it.
     *
     * @throws io.contrast4j.spec.UserError if one of its samples cannot be read and the loader is to fail then, or if
     *     none of its samples can
     */
    @Override
    public Batch next() {
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
