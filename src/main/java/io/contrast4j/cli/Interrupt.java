package io.contrast4j.cli;

import io.contrast4j.metrics.Terminal;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C and SIGTERM while a run trains: the loop is asked to stop, and the process stays until the main thread has saved
 * a checkpoint, freed everything and returned. The exit code is then the machine's own, 130 or 143.
 */
final class Interrupt implements AutoCloseable {
    /** Exit code of a process that Ctrl-C has ended. */
    static final int INTERRUPTED = 130;

    private static final AtomicBoolean IN_PROGRESS = new AtomicBoolean();

    private final Duration grace;
    private final Thread working = Thread.currentThread();
    private final Thread hook = new Thread(this::await, "interrupt");
    private volatile @Nullable String lastWords;

    private final String tooLate;

    private Interrupt(Duration grace, String tooLate) {
        this.grace = grace;
        this.tooLate = tooLate;
    }

    /** From now on the process does not end before this thread has returned, within two minutes. */
    static Interrupt install() {
        return install(Duration.ofMinutes(2), "interrupted: ended without waiting any longer");
    }

    /**
     * From now on the process does not end before this thread has returned.
     *
     * @param grace how long it may take
     * @param tooLate what the process says if it ends then all the same
     */
    static Interrupt install(Duration grace, String tooLate) {
        Interrupt interrupt = new Interrupt(grace, tooLate);
        Runtime.getRuntime().addShutdownHook(interrupt.hook);
        return interrupt;
    }

    /** Whether the process is on its way down. */
    static boolean inProgress() {
        return IN_PROGRESS.get();
    }

    /** Nothing is lost any more if the process ends at once; it then says this last, or nothing if it is empty. */
    void needNotWait(String lastWords) {
        this.lastWords = lastWords;
    }

    private void await() {
        IN_PROGRESS.set(true);
        String words = lastWords;
        if (words != null) {
            end(words);
        }
        try {
            // Until it has returned, and not only until the checkpoint is there: it may have an error to report, and
            // native memory must not be freed while the machine takes the libraries down.
            working.join(grace.toMillis());
            if (working.isAlive()) {
                end(tooLate);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void end(String words) {
        if (!words.isEmpty()) {
            // On a terminal a bar may stand in this line.
            System.err.println(Terminal.ofStderr().columns() > 0 ? "\n" + words : words);
        }
        // At once: the main thread is in the middle of LibTorch, whose libraries an orderly exit would take down.
        Runtime.getRuntime().halt(INTERRUPTED);
    }

    @Override
    public void close() {
        if (!inProgress()) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException goingDown) {
                // The hook runs at this moment, and waits for this thread to return.
            }
        }
    }
}
