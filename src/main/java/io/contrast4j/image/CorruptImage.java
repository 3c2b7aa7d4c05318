package io.contrast4j.image;

import java.io.IOException;

/** A picture that cannot be read, or only in part. The message names the file and the reason. */
public final class CorruptImage extends IOException {
    /**
     * @param name the file
     * @param reason why, as the end of "cannot read … because …"
     */
    public CorruptImage(String name, String reason) {
        super(name + ": " + reason);
    }
}
