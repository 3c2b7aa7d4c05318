package io.contrast4j.eval;

import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** Ends an evaluation that is no longer wanted. */
final class Stopping {
    private Stopping() {}

    /** @throws CancellationException if it is to stop */
    static void check(BooleanSupplier stop) {
        if (stop.getAsBoolean()) {
            throw new CancellationException("the evaluation was cut short");
        }
    }
}
