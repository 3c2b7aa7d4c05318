package io.contrast4j.tensor;

import org.bytedeco.pytorch.AutoGradMode;

/** Switches the recording of gradients off on this thread until it is closed. */
public final class NoGrad implements AutoCloseable {
    private final AutoGradMode guard;

    private NoGrad(AutoGradMode guard) {
        this.guard = guard;
    }

    /** Switches recording off on the calling thread. */
    public static NoGrad open() {
        return new NoGrad(new AutoGradMode(false));
    }

    @Override
    public void close() {
        // At once, and not when the surrounding scope closes: the destructor is what switches recording on again.
        guard.deallocate();
    }
}
