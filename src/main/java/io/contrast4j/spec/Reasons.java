package io.contrast4j.spec;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why the file system refused something, in words: the messages of some exceptions are a file's name only. */
public final class Reasons {
    private Reasons() {}

    /**
     * {@return why, to be put in brackets}
     *
     * @param failed what the file system threw
     */
    public static String of(IOException failed) {
        if (failed instanceof AccessDeniedException denied) {
            return "permission denied for " + denied.getFile();
        }
        if (failed instanceof NoSuchFileException missing) {
            Path folder = Path.of(missing.getFile()).toAbsolutePath().getParent();
            return (Files.exists(folder) ? missing.getFile() : "the folder " + folder) + " is not there";
        }
        if (failed instanceof FileAlreadyExistsException present) {
            return present.getFile() + " is there already";
        }
        if (failed instanceof DirectoryNotEmptyException full) {
            return full.getFile() + " is not empty";
        }
        @Nullable
        String reason = failed instanceof FileSystemException system ? system.getReason() : failed.getMessage();
        return reason == null ? "the system refuses" : reason;
    }

    /**
     * {@return the message of a failure to read something, with the name of that in it}
     *
     * @param name of what was read
     * @param failed what was thrown
     */
    public static String of(String name, IOException failed) {
        String message = String.valueOf(failed.getMessage());
        return message.contains(name) ? message : name + ": " + message;
    }

    /**
     * {@return what to do about a file that could not be written}
     *
     * @param failed what the file system threw
     */
    public static String remedy(IOException failed) {
        return of(failed).toLowerCase(Locale.ROOT).contains("space")
                ? "free some space on its disk"
                : "check the folder and its permissions";
    }
}
