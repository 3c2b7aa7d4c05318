package io.contrast4j.data;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.TypeName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Grey pictures in the IDX format of MNIST (LeCun, Cortes and Burges), which Fashion-MNIST and others share. A file of
 * pictures is the number 0x00000803, then N, height and width, each in four bytes, the highest first, then N·height·width
 * bytes by rows. A file of labels is 0x00000801, N, and N bytes. Each may be compressed with gzip.
 */
public final class Idx {
    private static final int PICTURES = 0x0803;
    private static final int LABELS = 0x0801;
    private static final int PICTURES_HEADER = 16;
    private static final int LABELS_HEADER = 8;
    private static final int LARGEST_SIDE = 1 << 14;

    private Idx() {}

    /**
     * @param path folder of the four files
     * @param train what the names of the two files to learn from begin with: of {@code train-images-idx3-ubyte} and
     *     {@code train-labels-idx1-ubyte} it is {@code train}
     * @param trainPictures how many of these are learned from, the first ones; 0 for all. The labels of all of them are for
     *     the evaluation
     * @param test the same as {@code train} for testing
     * @param classes names, in the order of the labels
     */
    @TypeName("idx")
    public record Config(Path path, String train, int trainPictures, String test, List<String> classes)
            implements Dataset.Config, ReadsFiles {
        public Config {
            classes = List.copyOf(classes);
            new Problems()
                    .atLeast("trainPictures", trainPictures, 0)
                    .require(
                            !classes.isEmpty() && new HashSet<>(classes).size() == classes.size(),
                            "classes",
                            classes,
                            "names that are all different")
                    .raise();
        }

        /** Learns from all pictures. */
        public Config(Path path, String train, String test, List<String> classes) {
            this(path, train, 0, test, classes);
        }

        @Override
        public Problems missing() {
            if (!Files.isDirectory(path)) {
                return new Problems().require(false, "path", path, "a folder that is there, with IDX files");
            }
            return new Problems()
                    .require(isThere(train), "train", train, wanted())
                    .require(isThere(test), "test", test, wanted());
        }

        private boolean isThere(String name) {
            return find(path, name, "images", 3).isPresent()
                    && find(path, name, "labels", 1).isPresent();
        }

        private String wanted() {
            return "what the names of two files in " + path
                    + " begin with that end in -images-idx3-ubyte and -labels-idx1-ubyte, with .gz or without";
        }

        @Override
        public Dataset openTrain() {
            return open(path, train, classes, trainPictures);
        }

        @Override
        public Dataset openLabelled(Dataset learnedFrom) {
            return trainPictures == 0 ? learnedFrom : open(path, train, classes, 0);
        }

        @Override
        public Dataset openTest() {
            return open(path, test, classes, 0);
        }
    }

    /** Some copies have a dot for the second hyphen. */
    private static Optional<Path> find(Path folder, String name, String kind, int dimensions) {
        return Stream.of("-", ".")
                .map(separator -> name + "-" + kind + separator + "idx" + dimensions + "-ubyte")
                .flatMap(file -> Stream.of(file, file + ".gz"))
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .findFirst();
    }

    private static Path need(Path folder, String name, String kind, int dimensions) {
        return find(folder, name, kind, dimensions)
                .orElseThrow(() -> Unusable.because("There is no file " + name + "-" + kind + "-idx" + dimensions
                        + "-ubyte, with .gz or without, in " + folder + "; check the path of the data set."));
    }

    /** @param first how many pictures, from the first one on; 0 for all */
    private static Dataset open(Path folder, String name, List<String> classes, int first) {
        Path file = need(folder, name, "images", 3);
        StoredBytes content = DataFiles.open(file);
        ByteBuffer header = header(file, content, PICTURES, PICTURES_HEADER);
        int count = header.getInt();
        int height = header.getInt();
        int width = header.getInt();
        if (height < 1 || width < 1 || height > LARGEST_SIDE || width > LARGEST_SIDE || count < 1) {
            throw Unusable.damaged(
                    file.toString(), "it says it has " + count + " pictures of " + height + "×" + width + " pixels");
        }
        PixelLayout pixels = new PixelLayout(height, width, 1, PixelLayout.Order.ROWS);
        checkSize(file, content, PICTURES_HEADER + (long) count * pixels.size());
        int[] labels = labels(need(folder, name, "labels", 1), count, classes);
        if (first > count) {
            throw Unusable.because("data.train-pictures = " + first + " is more than the " + count + " pictures of "
                    + file + "; choose fewer, or 0 for all.");
        }
        int[] chosen = first == 0 ? labels : Arrays.copyOf(labels, first);
        return new RawPictures(
                classes,
                pixels,
                List.of(RawPictures.Part.dense(file.toString(), content, PICTURES_HEADER, pixels, chosen)));
    }

    private static int[] labels(Path file, int count, List<String> classes) {
        StoredBytes content = DataFiles.open(file);
        int found = header(file, content, LABELS, LABELS_HEADER).getInt();
        if (found != count) {
            throw Unusable.because(file + " has " + found + " labels and there are " + count
                    + " pictures; the two files do not belong together.");
        }
        checkSize(file, content, LABELS_HEADER + count);
        int[] labels = new int[count];
        byte[] stored = read(file, content, LABELS_HEADER, count);
        for (int i = 0; i < count; i++) {
            labels[i] = stored[i] & 0xFF;
            if (labels[i] >= classes.size()) {
                throw Unusable.because(file + " has the label " + labels[i] + ", but classes names only "
                        + classes.size() + ", for the labels from 0; give a name for each.");
            }
        }
        return labels;
    }

    /** Positioned behind the format's number. */
    private static ByteBuffer header(Path file, StoredBytes content, int magic, int size) {
        if (content.size() < size) {
            throw Unusable.damaged(file.toString(), "it ends too early");
        }
        ByteBuffer header = ByteBuffer.wrap(read(file, content, 0, size));
        int found = header.getInt();
        if (found != magic) {
            throw Unusable.because(String.format(
                    "%s begins with 0x%08x and must begin with 0x%08x: it is not an IDX file of %s.",
                    file, found, magic, magic == PICTURES ? "pictures" : "labels"));
        }
        return header;
    }

    private static void checkSize(Path file, StoredBytes content, long expected) {
        if (content.size() != expected) {
            throw Unusable.damaged(file.toString(), "it holds " + content.size() + " bytes and must hold " + expected);
        }
    }

    private static byte[] read(Path file, StoredBytes content, long position, int length) {
        try {
            return content.read(position, length);
        } catch (IOException e) {
            throw Unusable.unreadable(file, e);
        }
    }
}
