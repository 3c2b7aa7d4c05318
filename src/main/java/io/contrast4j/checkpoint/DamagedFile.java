package io.contrast4j.checkpoint;

import java.io.IOException;

/** What a file claims about itself is not true; the message ends the sentence "… is not valid (…)". */
final class DamagedFile extends IOException {
    DamagedFile(String message) {
        super(message);
    }
}
