package io.contrast4j.checkpoint;

import java.io.IOException;

/** A file is not what it should be. The message says how, and {@link #remedy()} what the user can do. */
final class DamagedFile extends IOException {
    private final String remedy;

    DamagedFile(String message) {
        this(message, "fetch or write it again");
    }

    DamagedFile(String message, String remedy) {
        super(message);
        this.remedy = remedy;
    }

    String remedy() {
        return remedy;
    }
}
