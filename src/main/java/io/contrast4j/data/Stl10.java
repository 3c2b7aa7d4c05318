package io.contrast4j.data;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.TypeName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * STL-10: 96×96 pictures of ten classes, 5,000 to train on, 8,000 to test on and 100,000 without a label (Coates, Lee and
 * Ng, "An analysis of single-layer networks in unsupervised feature learning", AISTATS 2011).
 *
 * <p>In {@code train_X.bin}, {@code test_X.bin} and {@code unlabeled_X.bin} a picture is three planes of 9216 bytes, red,
 * green and blue, by columns. {@code train_y.bin} and {@code test_y.bin} hold a byte 1 … 10 for each. The files are
 * mapped and not read to memory as a whole.
 */
public final class Stl10 {
    private static final PixelLayout PIXELS = new PixelLayout(96, 96, 3, PixelLayout.Order.COLUMNS);
    private static final String FOLDER = "stl10_binary";
    private static final String NAMES = "class_names.txt";
    private static final String TRAIN = "train";
    private static final String TEST = "test";
    private static final String UNLABELED = "unlabeled";

    private Stl10() {}

    /** What is learned from. */
    public enum Part {
        /** The pictures with a label. */
        TRAIN,
        /** Those without. */
        UNLABELED,
        /** Both, those with a label first. */
        TRAIN_UNLABELED
    }

    /**
     * @param path the folder {@code stl10_binary} or the one above it
     * @param part of the pictures that is learned from; features are always judged with the labelled ones
     */
    @TypeName("stl-10")
    public record Config(Path path, Part part) implements Dataset.Config, ReadsFiles {
        @Override
        public Problems missing() {
            Path folder = folder(path);
            Problems problems = new Problems();
            if (!Files.isRegularFile(folder.resolve(TRAIN + "_X.bin"))) {
                return problems.require(
                        false,
                        "path",
                        path,
                        "the folder " + FOLDER + " with train_X.bin, or the one above it"
                                + (Files.exists(path.resolve(FOLDER + ".tar.gz"))
                                        ? "; unpack " + FOLDER + ".tar.gz there first"
                                        : ""));
            }
            Path unlabeled = folder.resolve(UNLABELED + "_X.bin");
            return problems.require(
                    part == Part.TRAIN || Files.isRegularFile(unlabeled),
                    "part",
                    part == Part.UNLABELED ? "unlabeled" : "train-unlabeled",
                    "train, as there is no " + unlabeled);
        }

        @Override
        public Dataset openTrain() {
            return open(
                    path,
                    switch (part) {
                        case TRAIN -> List.of(TRAIN);
                        case UNLABELED -> List.of(UNLABELED);
                        case TRAIN_UNLABELED -> List.of(TRAIN, UNLABELED);
                    });
        }

        @Override
        public Dataset openTest() {
            return open(path, List.of(TEST));
        }

        @Override
        public Dataset openLabelled(Dataset train) {
            return part == Part.TRAIN ? train : open(path, List.of(TRAIN));
        }
    }

    private static Path folder(Path path) {
        Path below = path.resolve(FOLDER);
        return Files.isDirectory(below) ? below : path;
    }

    private static Dataset open(Path path, List<String> files) {
        Path folder = folder(path);
        Path names = folder.resolve(NAMES);
        List<String> classes = DataFiles.lines(DataFiles.map(names), names.toString());
        if (classes.stream().distinct().count() < Math.max(1, classes.size())) {
            throw Unusable.damaged(names.toString(), "its lines are not the names of different classes");
        }
        List<RawPictures.Part> parts = new ArrayList<>();
        for (String file : files) {
            Path pictures = folder.resolve(file + "_X.bin");
            StoredBytes content = DataFiles.map(pictures);
            if (content.size() == 0 || content.size() % PIXELS.size() != 0) {
                throw Unusable.damaged(
                        pictures.toString(),
                        "it has " + content.size() + " bytes, and a picture of STL-10 takes " + PIXELS.size());
            }
            int count = Math.toIntExact(content.size() / PIXELS.size());
            int[] labels = file.equals(UNLABELED)
                    ? unlabelled(count)
                    : labels(folder.resolve(file + "_y.bin"), count, classes.size());
            parts.add(RawPictures.Part.dense(pictures.toString(), content, 0, PIXELS, labels));
        }
        return new RawPictures(classes, PIXELS, parts);
    }

    private static int[] unlabelled(int count) {
        int[] labels = new int[count];
        Arrays.fill(labels, Sample.UNLABELLED);
        return labels;
    }

    private static int[] labels(Path file, int count, int classes) {
        StoredBytes content = DataFiles.map(file);
        if (content.size() != count) {
            throw Unusable.damaged(file.toString(), "it has " + content.size() + " labels for " + count + " pictures");
        }
        try {
            byte[] stored = content.read(0, count);
            int[] labels = new int[count];
            for (int i = 0; i < count; i++) {
                labels[i] = (stored[i] & 0xFF) - 1;
                if (labels[i] < 0 || labels[i] >= classes) {
                    throw Unusable.damaged(
                            file.toString(),
                            "it has the label " + (labels[i] + 1) + ", and STL-10's are 1 to " + classes);
                }
            }
            return labels;
        } catch (IOException e) {
            throw Unusable.unreadable(file, e);
        }
    }
}
