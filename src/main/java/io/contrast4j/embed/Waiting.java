package io.contrast4j.embed;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/**
 * Waits for work on another thread to its end, also where the waiting thread is interrupted: native memory that the work
 * writes to must not be given back before. The interruption stays noted.
 */
final class Waiting {
    private Waiting() {}

    /** The result, or what the work threw. */
    static <T> T result(Future<T> work) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return work.get();
                } catch (InterruptedException later) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException thrown) {
                throw thrown;
            }
            if (failed.getCause() instanceof Error thrown) {
                throw thrown;
            }
            throw new IllegalStateException(failed.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
