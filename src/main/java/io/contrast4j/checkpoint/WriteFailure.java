package io.contrast4j.checkpoint;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;

/** Why a file could not be written, and what the user can do, in words. */
public final class WriteFailure {
    private WriteFailure() {}

    public static String reason(IOException failed) {
        if (failed instanceof AccessDeniedException) {
            return "the folder may not be written to";
        }
        if (failed instanceof NoSuchFileException) {
            return "the folder does not exist";
        }
        if (failed instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        }
        return failed.getMessage() == null ? failed.getClass().getSimpleName() : failed.getMessage();
    }

    public static String remedy(IOException failed) {
        return reason(failed).toLowerCase(Locale.ROOT).contains("space")
                ? "free some space on its disk"
                : "check the folder and its permissions";
    }
}
