package io.contrast4j.data;

import io.contrast4j.checkpoint.AtomicFile;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Writes the pictures of an {@link ImageFolder} to one file, as they are: nothing is decoded. {@link Packed} reads it.
 * The file is there completely or not at all.
 */
public final class PackWriter {
    private static final int BUFFER = 1 << 20;
    private static final int LARGEST_PICTURE = 1 << 30;

    private final ImageFolder pictures;
    private final Progress progress;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);

    private PackWriter(ImageFolder pictures, Progress progress) {
        this.pictures = pictures;
        this.progress = progress;
    }

    /** Is told how far the packing is. */
    public interface Progress {
        /**
         * After each picture.
         *
         * @param pictures packed so far
         * @param bytes of these pictures
         */
        void packed(int pictures, long bytes);
    }

    /**
     * Packs all pictures, in their order.
     *
     * @param target the file to write; one that is there is replaced
     * @throws UserError if a picture cannot be read or the file not be written; a file that was there is intact then
     */
    public static void write(ImageFolder pictures, Path target, Progress progress) {
        try {
            AtomicFile.write(target, new PackWriter(pictures, progress)::writeTo);
        } catch (IOException e) {
            throw new UserError(
                    UserError.FAILED,
                    "The pack " + target + " could not be written (" + Reasons.of(e) + "): " + Reasons.remedy(e) + ".",
                    e);
        }
    }

    private record Entry(long start, int length, int sum) {}

    private void writeTo(FileChannel channel) throws IOException {
        channel.position(PackFormat.HEADER);
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < pictures.size(); i++) {
            entries.add(copy(pictures.file(i), channel));
            progress.packed(i + 1, channel.position() - PackFormat.HEADER);
        }
        long start = channel.position();
        CRC32C sum = new CRC32C();
        appendNames(channel, sum, appendEntries(channel, sum, entries));
        writeFully(
                channel.position(0),
                new PackFormat(
                                pictures.classes().size(),
                                pictures.size(),
                                start,
                                channel.size() - start,
                                channel.size(),
                                (int) sum.getValue())
                        .header());
    }

    private Entry copy(Path file, FileChannel target) throws IOException {
        long start = target.position();
        CRC32C sum = new CRC32C();
        try (FileChannel source = open(file)) {
            while (fill(source, file)) {
                sum.update(buffer);
                writeFully(target, buffer.rewind());
            }
        }
        long length = target.position() - start;
        if (length > LARGEST_PICTURE) {
            throw new UserError(UserError.FAILED, file + " is larger than 1 GiB, which is no picture; remove it.");
        }
        return new Entry(start, (int) length, (int) sum.getValue());
    }

    private static FileChannel open(Path file) {
        try {
            return FileChannel.open(file, StandardOpenOption.READ);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** Fills the buffer with what comes next in a picture, if anything does. */
    private boolean fill(FileChannel source, Path file) {
        try {
            int read = source.read(buffer.clear());
            buffer.flip();
            return read >= 0;
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static UserError unreadable(Path file, IOException e) {
        return new UserError(
                UserError.FAILED,
                "Cannot read " + file + " (" + Reasons.of(e) + "); repair or remove it, and pack again.",
                e);
    }

    /** The entries of all samples; returns the names they point to, which follow. */
    private byte[] appendEntries(FileChannel channel, CRC32C sum, List<Entry> entries) throws IOException {
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        for (String name : pictures.classes()) {
            byte[] text = name.getBytes(StandardCharsets.UTF_8);
            names.write(littleEndian(Integer.BYTES).putInt(text.length).array());
            names.write(text);
        }
        buffer.clear().order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            byte[] name = name(pictures.file(i)).getBytes(StandardCharsets.UTF_8);
            if (buffer.remaining() < PackFormat.ENTRY) {
                flush(channel, sum);
            }
            buffer.putLong(entry.start)
                    .putLong(names.size())
                    .putInt(entry.length)
                    .putInt(name.length)
                    .putInt(pictures.label(i))
                    .putInt(entry.sum);
            names.write(name);
        }
        flush(channel, sum);
        return names.toByteArray();
    }

    private String name(Path file) {
        return pictures.folder()
                .relativize(file)
                .toString()
                .replace(file.getFileSystem().getSeparator(), "/");
    }

    private static void appendNames(FileChannel channel, CRC32C sum, byte[] names) throws IOException {
        sum.update(names);
        writeFully(channel, ByteBuffer.wrap(names));
    }

    private void flush(FileChannel channel, CRC32C sum) throws IOException {
        sum.update(buffer.flip());
        writeFully(channel, buffer.rewind());
        buffer.clear();
    }

    private static ByteBuffer littleEndian(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
