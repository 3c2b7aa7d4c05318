package io.contrast4j.data;

import io.contrast4j.image.CorruptImage;
import io.contrast4j.image.Decoder;
import io.contrast4j.spec.Problems;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.TypeName;
import io.contrast4j.spec.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Pictures in one file that {@link PackWriter} has written, mapped into memory. A disk or a network reads it faster than
 * a million small files, and there is nothing to list.
 *
 * <p>Header and index are checked when the file is opened, the bytes of each picture when it is read: one that has
 * changed is a picture that cannot be read, and {@code on-corrupt} says what to do.
 */
public final class Packed implements Dataset {
    private static final int CHUNK = 1 << 15;

    private final Path file;
    private final StoredBytes content;
    private final List<String> classes;
    private final long namesStart;
    private final long[] starts;
    private final int[] lengths;
    private final int[] sums;
    private final int[] labels;
    private final Optional<Integer> loadSide;

    private Packed(Path file, StoredBytes content, PackFormat format, Optional<Integer> loadSide)
            throws IOException, PackFormat.NotAPack {
        this.file = file;
        this.content = content;
        this.loadSide = loadSide;
        this.namesStart = format.indexStart() + (long) format.samples() * PackFormat.ENTRY;
        checkIndex(format);
        this.classes = readClasses(format);
        this.starts = new long[format.samples()];
        this.lengths = new int[format.samples()];
        this.sums = new int[format.samples()];
        this.labels = new int[format.samples()];
        readEntries(format);
    }

    /**
     * @param train pack of the pictures to learn from
     * @param test pack of the pictures to test on
     * @param loadSide shorter side in pixels that every picture is scaled to when it is read; without it pictures stay as
     *     they are
     */
    @TypeName("packed")
    public record Config(Path train, Path test, Optional<Integer> loadSide) implements Dataset.Config, ReadsFiles {
        public Config {
            new Problems().between("loadSide", loadSide.orElse(1), 1, 8192).raise();
        }

        @Override
        public Problems missing() {
            return new Problems()
                    .require(Files.isRegularFile(train), "train", train, "a file that is there")
                    .require(Files.isRegularFile(test), "test", test, "a file that is there");
        }

        @Override
        public Dataset openTrain() {
            return open(train, loadSide);
        }

        @Override
        public Dataset openTest() {
            Packed tested = open(test, loadSide);
            Packed trained = open(train, loadSide);
            if (!tested.classes.equals(trained.classes)) {
                throw Unusable.because("The classes of " + test + " differ from those of " + train
                        + "; pack folders with the same class folders, or with the same class list.");
            }
            return tested;
        }
    }

    /**
     * Opens a pack.
     *
     * @throws UserError if it is not there, not a pack, or damaged
     */
    public static Packed open(Path file) {
        return open(file, Optional.empty());
    }

    private static Packed open(Path file, Optional<Integer> loadSide) {
        StoredBytes content = DataFiles.map(file);
        try {
            if (content.size() < PackFormat.HEADER) {
                throw new PackFormat.NotAPack("it has only " + content.size() + " bytes");
            }
            PackFormat format = PackFormat.of(content.read(0, PackFormat.HEADER), content.size());
            return new Packed(file, content, format, loadSide);
        } catch (PackFormat.NotAPack e) {
            throw Unusable.because(
                    file + " is not a pack that can be read: " + e.reason() + "; write it again with data pack.");
        } catch (IOException e) {
            throw Unusable.unreadable(file, e);
        }
    }

    private void checkIndex(PackFormat format) throws IOException, PackFormat.NotAPack {
        CRC32C sum = new CRC32C();
        long end = format.indexStart() + format.indexSize();
        for (long at = format.indexStart(); at < end; at += CHUNK) {
            sum.update(content.read(at, (int) Math.min(CHUNK, end - at)));
        }
        if ((int) sum.getValue() != format.indexSum()) {
            throw new PackFormat.NotAPack("its index is damaged");
        }
    }

    /** The names of the classes come first among the names, each after its length. */
    private List<String> readClasses(PackFormat format) throws IOException, PackFormat.NotAPack {
        List<String> names = new ArrayList<>();
        long at = namesStart;
        for (int i = 0; i < format.classes(); i++) {
            int length = content.size() - at < Integer.BYTES
                    ? -1
                    : littleEndian(content.read(at, Integer.BYTES)).getInt();
            at += Integer.BYTES;
            if (length < 0 || length > content.size() - at) {
                throw contradiction();
            }
            names.add(new String(content.read(at, length), StandardCharsets.UTF_8));
            at += length;
        }
        return List.copyOf(names);
    }

    private void readEntries(PackFormat format) throws IOException, PackFormat.NotAPack {
        long at = format.indexStart();
        ByteBuffer some = ByteBuffer.allocate(0);
        for (int i = 0; i < labels.length; i++, at += PackFormat.ENTRY) {
            if (!some.hasRemaining()) {
                some = littleEndian(content.read(at, (int) Math.min(CHUNK, namesStart - at)));
            }
            starts[i] = some.getLong();
            long name = some.getLong();
            lengths[i] = some.getInt();
            int nameLength = some.getInt();
            labels[i] = some.getInt();
            sums[i] = some.getInt();
            boolean plausible = isInside(starts[i], lengths[i], PackFormat.HEADER, format.indexStart())
                    && isInside(name, nameLength, 0, content.size() - namesStart)
                    && labels[i] >= 0
                    && labels[i] < classes.size();
            if (!plausible) {
                throw contradiction();
            }
        }
    }

    private static boolean isInside(long start, int length, long low, long high) {
        return start >= low && start <= high && length >= 0 && length <= high - start;
    }

    private static PackFormat.NotAPack contradiction() {
        return new PackFormat.NotAPack("its index contradicts itself");
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int size() {
        return labels.length;
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public int label(int index) {
        return labels[Objects.checkIndex(index, labels.length)];
    }

    @Override
    public Sample read(int index) throws IOException {
        byte[] encoded = encoded(index);
        return new Sample(
                PictureFiles.scaled(Decoder.decode(encoded, describe(index)), loadSide), labels[index], index);
    }

    /**
     * The content of the file that a sample was.
     *
     * @throws IOException if it is not what was packed
     */
    public byte[] encoded(int index) throws IOException {
        byte[] encoded = content.read(starts[Objects.checkIndex(index, labels.length)], lengths[index]);
        if (PackFormat.sum(encoded, encoded.length) != sums[index]) {
            throw new CorruptImage(describe(index), "its checksum is wrong: it is not what was packed");
        }
        return encoded;
    }

    @Override
    public String describe(int index) {
        long entry = namesStart - (long) (labels.length - Objects.checkIndex(index, labels.length)) * PackFormat.ENTRY;
        try {
            ByteBuffer bytes =
                    littleEndian(content.read(entry, PackFormat.ENTRY)).position(Long.BYTES);
            long name = bytes.getLong();
            int length = bytes.getInt(bytes.position() + Integer.BYTES);
            return file + ": " + new String(content.read(namesStart + name, length), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return file + ": picture " + index; // its name is gone, as the picture will be
        }
    }
}
