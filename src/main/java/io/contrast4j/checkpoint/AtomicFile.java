package io.contrast4j.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that is there completely or not at all, whatever happens while it is written: the content goes to a temporary
 * file beside it, which is forced to the disk and then renamed; at last the folder is forced, so that the new name
 * survives a power cut too.
 */
public final class AtomicFile {
    /** What the name of a file ends with while it is written. */
    static final String PART = ".part";

    private AtomicFile() {}

    /** Writes the whole content. */
    public interface Content {
        void writeTo(FileChannel channel) throws IOException;
    }

    /** Writes the target, or throws and leaves it as it was, without a temporary file. */
    public static void write(Path target, Content content) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        Path part = folder.resolve(target.getFileName() + PART);
        try {
            try (FileChannel channel = FileChannel.open(
                    part,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException | RuntimeException | Error failed) {
            try {
                Files.deleteIfExists(part);
            } catch (IOException alsoFailed) {
                failed.addSuppressed(alsoFailed);
            }
            throw failed;
        }
        forceFolder(folder);
    }

    /** The same with a text, in UTF-8. */
    public static void write(Path target, String text) throws IOException {
        write(target, channel -> {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    private static void forceFolder(Path folder) throws IOException {
        // Windows cannot open a folder, and needs no force for a rename to last.
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
