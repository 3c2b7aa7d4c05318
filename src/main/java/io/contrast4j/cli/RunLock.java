package io.contrast4j.cli;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps two processes from writing to the folder of one run. The system lets go of it when a process dies. */
final class RunLock implements AutoCloseable {
    private static final String FILE = ".lock";

    private final FileChannel channel;

    private RunLock(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws UserError if another process has it */
    static RunLock take(Path folder) {
        try {
            FileChannel channel =
                    FileChannel.open(folder.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                channel.close();
                throw new UserError(
                        UserError.FAILED,
                        "Another process is working on the run " + folder + "; wait for it or stop it.");
            }
            return new RunLock(channel);
        } catch (IOException failed) {
            throw new UserError(
                    UserError.FAILED,
                    "The run " + folder + " cannot be written to (" + Reasons.of(failed)
                            + "): make its folder writable, or start a new run elsewhere with out=DIR.",
                    failed);
        }
    }

    /** Whether no process has it at this moment. */
    static boolean isFree(Path folder) {
        try (FileChannel channel = FileChannel.open(folder.resolve(FILE), StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock != null;
        } catch (IOException notThere) {
            return true;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException harmless) {
            // The lock goes with the process at the latest.
        }
    }
}
