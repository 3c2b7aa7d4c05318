package io.contrast4j.embed;

import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * Who uses something native, and its end: that waits for the uses under way, and those that come later are refused at once.
 * So nothing is freed while a thread reads it, and no use ever waits for another one.
 */
final class Use {
    private final String what;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private volatile boolean isClosing;
    private boolean isClosed;

    /** @param what is used, for messages, as {@code the embedder} */
    Use(String what) {
        this.what = what;
    }

    /**
     * Uses it.
     *
     * @throws IllegalStateException if it is closed, or its closing waits for others
     */
    <T> T of(Supplier<T> work) {
        // Never in a queue behind who closes: the use that is waited for may itself wait for this one.
        if (!lock.readLock().tryLock()) {
            throw closed();
        }
        try {
            if (isClosing) {
                throw closed();
            }
            return work.get();
        } finally {
            lock.readLock().unlock();
        }
    }

    /** {@link #of} without a result. */
    void in(Runnable work) {
        of(() -> {
            work.run();
            return what;
        });
    }

    private IllegalStateException closed() {
        return new IllegalStateException(what + " is closed");
    }

    /** Whether the calling thread is within {@link #of}; it would wait for itself then. */
    boolean isOfThisThread() {
        return lock.getReadHoldCount() > 0;
    }

    /** Waits for the uses under way, then runs the last work; only once, however often it is called. */
    void close(Runnable last) {
        isClosing = true;
        lock.writeLock().lock();
        try {
            if (!isClosed) {
                isClosed = true;
                last.run();
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
