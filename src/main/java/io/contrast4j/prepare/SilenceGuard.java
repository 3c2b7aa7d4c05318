package io.contrast4j.prepare;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** Closes a stream on which nothing has been heard for too long; whoever waits for it then goes on. */
final class SilenceGuard implements AutoCloseable {
    private final InputStream stream;
    private final long limitNanos;
    private final Thread thread = new Thread(this::watch, "silence-guard");
    private volatile long lastHeard = System.nanoTime();
    private volatile boolean closed;
    private volatile boolean silent;

    private SilenceGuard(InputStream stream, Duration limit) {
        this.stream = stream;
        this.limitNanos = limit.toNanos();
        thread.setDaemon(true);
        thread.start();
    }

    static SilenceGuard watch(InputStream stream, Duration limit) {
        return new SilenceGuard(stream, limit);
    }

    /** Reads what comes next; −1 at the end. */
    int read(byte[] buffer) throws IOException {
        int read;
        try {
            read = stream.read(buffer);
        } catch (IOException e) {
            throw silent ? silence() : new IOException("the connection broke", e);
        }
        if (silent) {
            throw silence();
        }
        lastHeard = System.nanoTime();
        return read;
    }

    private IOException silence() {
        return new IOException("nothing came for " + limitNanos / 1_000_000 + " ms");
    }

    private void watch() {
        while (!closed) {
            long left = limitNanos - (System.nanoTime() - lastHeard);
            if (left <= 0) {
                silent = true;
                closeStream();
                return;
            }
            try {
                Thread.sleep(left / 1_000_000 + 1);
            } catch (InterruptedException end) {
                return;
            }
        }
    }

    private void closeStream() {
        try {
            stream.close();
        } catch (IOException unimportant) {
            // It was to be given up anyhow.
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
