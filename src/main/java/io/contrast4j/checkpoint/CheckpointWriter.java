package io.contrast4j.checkpoint;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Writes checkpoints on a thread of its own, one at a time, so that whoever saves waits for a copy of the state and not
 * for the disk. What goes wrong is thrown in the thread that saves, at its next call.
 */
public final class CheckpointWriter implements AutoCloseable {
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread writing = new Thread(task, "checkpoint-writer");
        writing.setDaemon(true);
        return writing;
    });
    private @Nullable Future<?> underWay;

    /** What is done with the content of a snapshot, in the writing thread. */
    @FunctionalInterface
    public interface Destination {
        void write(Map<?, ? extends @Nullable Object> content);
    }

    /**
     * Begins to write a snapshot, which this closes; waits for the one before if that is still being written.
     *
     * @throws io.contrast4j.spec.UserError if the one before could not be written; this one is not then
     */
    public void start(Snapshot snapshot, Destination destination) {
        try {
            finish();
        } catch (RuntimeException | Error failed) {
            snapshot.close();
            throw failed;
        }
        underWay = thread.submit(() -> {
            try (snapshot) {
                destination.write(snapshot.content());
            }
        });
    }

    /** @throws io.contrast4j.spec.UserError if the last one is over by now and could not be written */
    public void check() {
        if (underWay != null && underWay.isDone()) {
            finish();
        }
    }

    /** Waits until all is written. @throws io.contrast4j.spec.UserError if the last one could not be */
    public void finish() {
        Future<?> last = underWay;
        underWay = null;
        if (last == null) {
            return;
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    last.get();
                    return;
                } catch (InterruptedException e) {
                    // A checkpoint is worth waiting for.
                    interrupted = true;
                }
            }
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof Error error) {
                throw error;
            }
            throw failed.getCause() instanceof RuntimeException known ? known : new IllegalStateException(failed);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits for what is being written, and ends the thread. */
    @Override
    public void close() {
        try {
            finish();
        } finally {
            thread.shutdown();
        }
    }
}
