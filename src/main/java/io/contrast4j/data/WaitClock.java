package io.contrast4j.data;

import java.util.concurrent.atomic.LongAdder;

/** Adds up the time spent waiting. */
final class WaitClock {
    private final LongAdder total = new LongAdder();

    void add(long nanos) {
        total.add(nanos);
    }

    long nanos() {
        return total.sum();
    }
}
