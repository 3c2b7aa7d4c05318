package io.contrast4j.data;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What is said when a data set cannot be opened. */
final class Unusable {
    private Unusable() {}

    static UserError because(String sentence) {
        return new UserError(UserError.USAGE, sentence);
    }

    /** A file or folder that is there and cannot be read. */
    static UserError unreadable(Path file, IOException reason) {
        if (reason instanceof NoSuchFileException) {
            return because("There is no file " + file + "; check the path of the data set.");
        }
        return new UserError(
                UserError.USAGE,
                "Cannot read " + file + " (" + Reasons.of(reason) + "); check that it is a file, and its permissions.",
                reason);
    }

    /** A file whose content is not what its format demands; {@code damage} ends the sentence "it is damaged: …". */
    static UserError damaged(String file, String damage) {
        return because(file + " is damaged: " + damage + "; fetch it again.");
    }
}
