package io.contrast4j.embed;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;

/** A picture that cannot be embedded, as it cannot be read or is damaged. The message says which and why. */
public final class UnreadablePicture extends UserError {
    private final int index;
    private final String picture;

    UnreadablePicture(int index, String picture, IOException reason) {
        super(
                FAILED,
                "Cannot read the picture " + Reasons.of(picture, described(reason)) + "; repair it or leave it out.",
                reason);
        this.index = index;
        this.picture = picture;
    }

    /** The messages of some exceptions are a file's name only. */
    private static IOException described(IOException reason) {
        return reason instanceof java.nio.file.FileSystemException ? new IOException(Reasons.of(reason)) : reason;
    }

    /** Its position among the pictures that were to be embedded, from 0. */
    public int index() {
        return index;
    }

    /** Its name: that of its file, or the one it was given. */
    public String picture() {
        return picture;
    }
}
