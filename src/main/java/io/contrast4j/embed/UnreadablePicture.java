package io.contrast4j.embed;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.FileSystemException;

/** A picture that cannot be embedded, as it cannot be read or is damaged. The message says which and why. */
public final class UnreadablePicture extends UserError {
    /** Position among the pictures. */
    private final int index;

    /** Name of the picture. */
    private final String picture;

    UnreadablePicture(int index, String picture, IOException reason) {
        super(FAILED, "Cannot read the picture " + what(picture, reason) + "; repair it or leave it out.", reason);
        this.index = index;
        this.picture = picture;
    }

    private static String what(String picture, IOException reason) {
        return reason instanceof FileSystemException
                ? picture + " (" + Reasons.of(reason) + ")"
                : Reasons.of(picture, reason);
    }

    /** {@return its position among the pictures that were to be embedded, from 0} */
    public int index() {
        return index;
    }

    /** {@return its name: that of its file, or the one it was given} */
    public String picture() {
        return picture;
    }
}
