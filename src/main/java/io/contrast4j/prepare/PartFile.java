package io.contrast4j.prepare;

import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * The beginning of a file that is being downloaded: {@code NAME.part}, kept when a download breaks off. Its checksum is
 * summed up as it grows. One process writes it at a time.
 */
final class PartFile implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final Path target;
    private final Path path;
    private final Checksum wanted;
    private final FileChannel channel;
    private MessageDigest digest;
    private long size;
    private boolean pieced;

    private PartFile(Path target, Path path, Checksum wanted, FileChannel channel) {
        this.target = target;
        this.path = path;
        this.wanted = wanted;
        this.channel = channel;
        this.digest = wanted.digest();
    }

    /**
     * Opens what an earlier download left, or begins a file.
     *
     * @throws UserError if it cannot be written, or if another process writes it
     */
    @SuppressWarnings("resource") // the lock ends with the channel
    static PartFile open(Path target, Checksum wanted) {
        Path path = target.resolveSibling(target.getFileName() + ".part");
        FileChannel channel;
        try {
            channel = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw failed(path, e);
        }
        try {
            if (!locked(channel)) {
                channel.close();
                throw new UserError(
                        UserError.FAILED, "Another process downloads to " + path + "; wait for it, or end it.");
            }
            PartFile part = new PartFile(target, path, wanted, channel);
            part.sumUp();
            return part;
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException sameProcess) {
            return false;
        }
    }

    private void sumUp() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        while (channel.read(buffer.clear()) >= 0) {
            digest.update(buffer.flip());
        }
        size = channel.position();
        pieced = size > 0;
    }

    /** Another piece comes now. */
    void goOn() {
        pieced = true;
    }

    /** Whether what is there comes from more than one answer. */
    boolean pieced() {
        return pieced;
    }

    long size() {
        return size;
    }

    Path path() {
        return path;
    }

    /** Throws away what is there. */
    void restart() {
        try {
            channel.truncate(0).position(0);
            digest = wanted.digest();
            size = 0;
            pieced = false;
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    void append(byte[] bytes, int length) {
        try {
            ByteBuffer source = ByteBuffer.wrap(bytes, 0, length);
            while (source.hasRemaining()) {
                channel.write(source);
            }
            digest.update(bytes, 0, length);
            size += length;
        } catch (IOException e) {
            throw new UserError(
                    UserError.FAILED,
                    "Cannot write " + path + " (" + e.getMessage()
                            + "); make room on that disk and run the same command again, which goes on from there.",
                    e);
        }
    }

    /** The checksum of what is there; the file may grow on. */
    Checksum checksum() {
        try {
            return new Checksum(
                    wanted.algorithm(), HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest()));
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Gives the complete file its name. */
    void complete() {
        moveTo(target);
    }

    /** Puts a file that is not what it should be aside. Returns where it is. */
    Path reject() {
        Path aside = target.resolveSibling(target.getFileName() + ".wrong");
        moveTo(aside);
        return aside;
    }

    private void moveTo(Path goal) {
        try {
            channel.force(true);
            Files.move(path, goal, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    private static UserError failed(Path path, IOException e) {
        return new UserError(
                UserError.FAILED,
                "Cannot write " + path + " (" + Reasons.of(e) + "); choose another folder, or mend this one.",
                e);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw failed(path, e);
        }
    }
}
