package io.contrast4j.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ctrl-C and SIGTERM while a run trains: the loop is asked to stop, and the process stays until it has saved a
 * checkpoint. The exit code is then the machine's own, 130 or 143.
 */
final class Interrupt implements AutoCloseable {
    private static final AtomicBoolean IN_PROGRESS = new AtomicBoolean();

    /** How long a checkpoint may take before the process ends without it. */
    private static final long PATIENCE_SECONDS = 120;

    private final CountDownLatch saved = new CountDownLatch(1);
    private final Thread hook = new Thread(this::await, "interrupt");

    private Interrupt() {}

    static Interrupt install() {
        Interrupt interrupt = new Interrupt();
        Runtime.getRuntime().addShutdownHook(interrupt.hook);
        return interrupt;
    }

    /** Whether the process is on its way down. */
    static boolean inProgress() {
        return IN_PROGRESS.get();
    }

    private void await() {
        if (saved.getCount() == 0) {
            return;
        }
        IN_PROGRESS.set(true);
        try {
            saved.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        saved.countDown();
        if (!inProgress()) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException goingDown) {
                // The hook runs at this moment, and finds that nothing is left to wait for.
            }
        }
    }
}
