package io.contrast4j.data;

import io.contrast4j.spec.Problems;
import io.contrast4j.spec.ReadsFiles;
import io.contrast4j.spec.TypeName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The example of docs/extending.md: frames of a camera, as a made-up instrument writes them. In {@code train.frames} and
 * {@code test.frames} a frame is one byte, the number of its class, and side × side grey pixels of a byte each, by rows;
 * {@code classes.txt} has the name of a class on each line.
 */
public final class Frames {
    private static final String CLASSES = "classes.txt";

    private Frames() {}

    /**
     * @param path folder of the files
     * @param side of a frame, in pixels
     */
    @TypeName("frames")
    public record Config(Path path, int side) implements ReadsFiles {
        public Config {
            new Problems().between("side", side, 1, 8192).raise();
        }

        /** Reported with everything else that is wrong with a configuration, before anything is opened. */
        @Override
        public Problems missing() {
            return new Problems()
                    .require(
                            Files.isRegularFile(path.resolve(CLASSES)),
                            "path",
                            path,
                            "a folder with " + CLASSES + ", train.frames and test.frames");
        }

        public Dataset openTrain() {
            return open("train.frames");
        }

        public Dataset openTest() {
            return open("test.frames");
        }

        public Dataset openLabelled(Dataset train) {
            return train;
        }

        private Dataset open(String name) {
            Path file = path.resolve(name);
            List<String> classes = DataFiles.lines(DataFiles.map(path.resolve(CLASSES)), CLASSES);
            StoredBytes content = DataFiles.map(file);
            PixelLayout pixels = new PixelLayout(side, side, 1, PixelLayout.Order.ROWS);
            int stride = 1 + pixels.size();
            if (content.size() == 0 || content.size() % stride != 0) {
                throw Unusable.damaged(
                        file.toString(), "it has " + content.size() + " bytes, and a frame takes " + stride);
            }
            int[] labels = labels(file, content, stride, classes.size());
            return new RawPictures(
                    classes, pixels, List.of(new RawPictures.Part(file.toString(), content, 1, stride, labels)));
        }

        private static int[] labels(Path file, StoredBytes content, int stride, int classes) {
            int[] labels = new int[Math.toIntExact(content.size() / stride)];
            try {
                for (int i = 0; i < labels.length; i++) {
                    labels[i] = content.read((long) i * stride, 1)[0] & 0xFF;
                    if (labels[i] >= classes) {
                        throw Unusable.damaged(
                                file.toString(),
                                "frame " + i + " has the class " + labels[i] + ", and there are " + classes);
                    }
                }
            } catch (IOException e) {
                throw Unusable.unreadable(file, e);
            }
            return labels;
        }
    }
}
