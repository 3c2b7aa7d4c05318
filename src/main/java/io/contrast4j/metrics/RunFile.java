package io.contrast4j.metrics;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;

/** A file that a run appends to. Each append is one write, so that a reader sees whole entries; it is not forced. */
final class RunFile implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;

    private RunFile(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Opens the file, and creates its folder where it is missing. */
    static RunFile open(Path file, OpenOption... options) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            return new RunFile(file, FileChannel.open(file, options));
        } catch (IOException failed) {
            throw notWritten(file, failed);
        }
    }

    /** Something done to the open file. */
    interface Action<T> {
        T on(FileChannel channel) throws IOException;
    }

    <T> T run(Action<T> action) {
        try {
            return action.on(channel);
        } catch (IOException failed) {
            throw notWritten(file, failed);
        }
    }

    void append(byte[] entry) {
        run(to -> {
            ByteBuffer bytes = ByteBuffer.wrap(entry);
            while (bytes.hasRemaining()) {
                to.write(bytes);
            }
            return entry.length;
        });
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException failed) {
            throw notWritten(file, failed);
        }
    }

    private static UserError notWritten(Path file, IOException failed) {
        return new UserError(
                UserError.FAILED,
                file + " could not be written (" + Reasons.of(failed) + "): " + Reasons.remedy(failed) + ".",
                failed);
    }
}
