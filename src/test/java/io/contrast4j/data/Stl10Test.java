package io.contrast4j.data;

import static io.contrast4j.data.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.image.Mats;
import io.contrast4j.tensor.Scope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Stl10Test {
    private static final int SIDE = 96;
    private static final int SIZE = 3 * SIDE * SIDE;

    @TempDir
    Path root;

    private Path folder = Path.of("");

    @BeforeEach
    void write() throws IOException {
        folder = Files.createDirectory(root.resolve("stl10_binary"));
        Files.writeString(folder.resolve("class_names.txt"), "airplane\nbird\ncar\n");
        writePictures("train", 0, 4);
        writePictures("test", 4, 2);
        writePictures("unlabeled", 6, 3);
        Files.write(folder.resolve("train_y.bin"), new byte[] {3, 1, 2, 1});
        Files.write(folder.resolve("test_y.bin"), new byte[] {2, 3});
    }

    private static byte value(int picture, int channel, int row, int column) {
        return (byte) (53 * picture + 101 * channel + 7 * row + 3 * column);
    }

    private void writePictures(String name, int first, int count) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int picture = first; picture < first + count; picture++) {
            for (int channel = 0; channel < 3; channel++) {
                for (int column = 0; column < SIDE; column++) {
                    for (int row = 0; row < SIDE; row++) {
                        out.write(value(picture, channel, row, column));
                    }
                }
            }
        }
        Files.write(folder.resolve(name + "_X.bin"), out.toByteArray());
    }

    private static void assertPictures(Dataset data, int... pictures) throws IOException {
        assertThat(data.size()).isEqualTo(pictures.length);
        for (int i = 0; i < pictures.length; i++) {
            byte[] rgb = new byte[SIZE];
            for (int at = 0; at < SIZE; at++) {
                rgb[at] = value(pictures[i], at % 3, at / 3 / SIDE, at / 3 % SIDE);
            }
            try (Scope scope = Scope.open()) {
                assertThat(Mats.bytes(data.read(i).rgb())).isEqualTo(rgb);
            }
        }
    }

    private Stl10.Config config(Stl10.Part part) {
        return new Stl10.Config(root, part);
    }

    @Nested
    class Train implements DatasetKit {
        @Override
        public Dataset open() {
            return config(Stl10.Part.TRAIN).openTrain();
        }
    }

    @Nested
    class TrainUnlabeled implements DatasetKit {
        @Override
        public Dataset open() {
            return new Stl10.Config(folder, Stl10.Part.TRAIN_UNLABELED).openTrain();
        }
    }

    private static int[] labels(Dataset data) {
        return IntStream.range(0, data.size()).map(data::label).toArray();
    }

    @Test
    void eachPartHasItsPicturesAndLabels() throws IOException {
        Dataset train = config(Stl10.Part.TRAIN).openTrain();
        assertPictures(train, 0, 1, 2, 3);
        assertThat(labels(train)).containsExactly(2, 0, 1, 0);
        assertThat(train.classes()).containsExactly("airplane", "bird", "car");
        assertThat(config(Stl10.Part.TRAIN).openLabelled(train)).isSameAs(train);

        Dataset unlabeled = config(Stl10.Part.UNLABELED).openTrain();
        assertPictures(unlabeled, 6, 7, 8);
        assertThat(labels(unlabeled)).containsOnly(Sample.UNLABELLED);

        Dataset both = config(Stl10.Part.TRAIN_UNLABELED).openTrain();
        assertPictures(both, 0, 1, 2, 3, 6, 7, 8);
        assertThat(labels(both)).containsExactly(2, 0, 1, 0, -1, -1, -1);
        assertThat(both.describe(5)).isEqualTo(folder.resolve("unlabeled_X.bin") + ", picture 1");

        for (Dataset learned : new Dataset[] {unlabeled, both}) {
            Dataset labelled = config(Stl10.Part.UNLABELED).openLabelled(learned);
            assertPictures(labelled, 0, 1, 2, 3);
            assertThat(labels(labelled)).containsExactly(2, 0, 1, 0);
        }
        Dataset test = config(Stl10.Part.UNLABELED).openTest();
        assertPictures(test, 4, 5);
        assertThat(labels(test)).containsExactly(1, 2);
    }

    @Test
    void whatIsMissingIsSaid() throws IOException {
        Files.delete(folder.resolve("unlabeled_X.bin"));
        assertThat(config(Stl10.Part.TRAIN).missing().found()).isEmpty();
        assertThat(config(Stl10.Part.TRAIN_UNLABELED).missing().found())
                .hasToString("[part = train-unlabeled must be train, as there is no "
                        + folder.resolve("unlabeled_X.bin") + "]");
        assertRefused(
                () -> config(Stl10.Part.UNLABELED).openTrain(),
                "There is no file " + folder.resolve("unlabeled_X.bin") + "; check the path of the data set.");

        Path elsewhere = Files.createDirectory(root.resolve("elsewhere"));
        Files.createFile(elsewhere.resolve("stl10_binary.tar.gz"));
        assertThat(new Stl10.Config(elsewhere, Stl10.Part.TRAIN).missing().found())
                .hasToString("[path = " + elsewhere
                        + " must be the folder stl10_binary with train_X.bin, or the one above it;"
                        + " unpack stl10_binary.tar.gz there first]");
    }

    @Test
    void filesOfTheWrongSizeAreNamed() throws IOException {
        Path pictures = folder.resolve("train_X.bin");
        Archives.cut(pictures, SIZE + 1);
        assertRefused(
                () -> config(Stl10.Part.TRAIN).openTrain(),
                pictures + " is damaged: it has 27649 bytes, and a picture of STL-10 takes 27648; fetch it again.");
        Archives.cut(pictures, 3 * SIZE);
        assertRefused(
                () -> config(Stl10.Part.TRAIN).openTrain(),
                folder.resolve("train_y.bin") + " is damaged: it has 4 labels for 3 pictures; fetch it again.");
        Files.write(folder.resolve("train_y.bin"), new byte[] {1, 2, 4});
        assertRefused(
                () -> config(Stl10.Part.TRAIN).openTrain(),
                folder.resolve("train_y.bin")
                        + " is damaged: it has the label 4, and STL-10's are 1 to 3; fetch it again.");
        Files.writeString(folder.resolve("class_names.txt"), "\n");
        assertRefused(
                () -> config(Stl10.Part.TRAIN).openTrain(),
                folder.resolve("class_names.txt")
                        + " is damaged: its lines are not the names of different classes; fetch it again.");
    }
}
