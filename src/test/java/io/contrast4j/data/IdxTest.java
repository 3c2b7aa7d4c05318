package io.contrast4j.data;

import static io.contrast4j.data.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.typesafe.config.ConfigFactory;
import io.contrast4j.config.ConfigFile;
import io.contrast4j.image.Mats;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxTest implements DatasetKit {
    private static final int HEIGHT = 3;
    private static final int WIDTH = 5;

    @TempDir
    Path folder;

    @BeforeEach
    void write() throws IOException {
        pictures("train-images-idx3-ubyte", 0, 4);
        labels("train-labels-idx1-ubyte", 2, 0, 1, 0);
        pictures("t10k-images.idx3-ubyte", 4, 2);
        labels("t10k-labels.idx1-ubyte", 1, 2);
    }

    private Path pictures(String name, int first, int count) throws IOException {
        ByteBuffer file = ByteBuffer.allocate(16 + count * HEIGHT * WIDTH);
        file.putInt(0x803).putInt(count).putInt(HEIGHT).putInt(WIDTH);
        for (int i = 0; file.hasRemaining(); i++) {
            file.put((byte) (13 * (first * HEIGHT * WIDTH + i)));
        }
        return Files.write(folder.resolve(name), file.array());
    }

    private Path labels(String name, int... labels) throws IOException {
        ByteBuffer file = ByteBuffer.allocate(8 + labels.length).putInt(0x801).putInt(labels.length);
        IntStream.of(labels).forEach(label -> file.put((byte) label));
        return Files.write(folder.resolve(name), file.array());
    }

    private Idx.Config config() {
        return new Idx.Config(folder, "train", "t10k", List.of("shirt", "bag", "boot"));
    }

    @Override
    public Dataset open() {
        return config().openTrain();
    }

    private static void assertPictures(Dataset data, int first, int... labels) throws IOException {
        assertThat(data.size()).isEqualTo(labels.length);
        for (int i = 0; i < labels.length; i++) {
            byte[] rgb = new byte[3 * HEIGHT * WIDTH];
            for (int at = 0; at < rgb.length; at++) {
                rgb[at] = (byte) (13 * ((first + i) * HEIGHT * WIDTH + at / 3));
            }
            try (Scope scope = Scope.open()) {
                Sample sample = data.read(i);
                assertThat(sample.rgb().rows()).isEqualTo(HEIGHT);
                assertThat(Mats.bytes(sample.rgb())).isEqualTo(rgb);
                assertThat(sample.label()).isEqualTo(labels[i]);
            }
        }
    }

    @Test
    void greyBecomesRgbWhetherCompressedOrNot() throws IOException {
        assertPictures(config().openTrain(), 0, 2, 0, 1, 0);
        assertPictures(config().openTest(), 4, 1, 2);
        for (Path file : Files.list(folder).toList()) {
            Archives.gz(file);
        }
        assertThat(config().missing().found()).isEmpty();
        assertPictures(config().openTrain(), 0, 2, 0, 1, 0);
        assertPictures(config().openTest(), 4, 1, 2);
        assertThat(config().openTrain().describe(3))
                .isEqualTo(folder.resolve("train-images-idx3-ubyte.gz") + ", picture 3");
    }

    @Test
    void theFirstPicturesAreLearnedFromAndAllAreForTheEvaluation() throws IOException {
        Idx.Config three = new Idx.Config(folder, "train", 3, "t10k", List.of("shirt", "bag", "boot"));
        assertPictures(three.openTrain(), 0, 2, 0, 1);
        assertPictures(three.openLabelled(three.openTrain()), 0, 2, 0, 1, 0);
        assertPictures(three.openTest(), 4, 1, 2);
        Dataset all = open();
        assertThat(config().openLabelled(all)).isSameAs(all);

        Idx.Config tooMany = new Idx.Config(folder, "train", 5, "t10k", List.of("shirt", "bag", "boot"));
        assertRefused(
                tooMany::openTrain,
                "data.train-pictures = 5 is more than the 4 pictures of " + folder.resolve("train-images-idx3-ubyte")
                        + "; choose fewer, or 0 for all.");
        assertThatThrownBy(() -> new Idx.Config(folder, "train", -1, "t10k", List.of("shirt")))
                .hasMessageContaining("-1");
    }

    @Test
    void whatIsMissingIsSaid() throws IOException {
        assertThat(new Idx.Config(folder, "train", "emnist-test", List.of("0"))
                        .missing()
                        .found())
                .hasToString("[test = emnist-test must be what the names of two files in " + folder
                        + " begin with that end in -images-idx3-ubyte and -labels-idx1-ubyte, with .gz or without]");
        Path none = folder.resolve("none");
        assertThat(new Idx.Config(none, "train", "t10k", List.of("0")).missing().found())
                .hasToString("[path = " + none + " must be a folder that is there, with IDX files]");
        Files.delete(folder.resolve("train-labels-idx1-ubyte"));
        assertRefused(
                () -> config().openTrain(),
                "There is no file train-labels-idx1-ubyte, with .gz or without, in " + folder
                        + "; check the path of the data set.");
        assertThatThrownBy(() -> new Idx.Config(folder, "train", "t10k", List.of("a", "a")))
                .hasMessage("classes = [a, a] must be names that are all different");
    }

    @Test
    void damagedFilesAreNamed() throws IOException {
        Path pictures = folder.resolve("train-images-idx3-ubyte");
        Path labels = folder.resolve("train-labels-idx1-ubyte");
        Archives.cut(pictures, 16 + 4 * 15 - 1);
        assertRefused(
                () -> config().openTrain(),
                pictures + " is damaged: it holds 75 bytes and must hold 76; fetch it again.");
        Archives.cut(pictures, 15);
        assertRefused(() -> config().openTrain(), pictures + " is damaged: it ends too early; fetch it again.");
        Files.copy(labels, pictures, StandardCopyOption.REPLACE_EXISTING);
        Files.write(pictures, new byte[16], StandardOpenOption.APPEND);
        assertRefused(
                () -> config().openTrain(),
                pictures + " begins with 0x00000801 and must begin with 0x00000803:"
                        + " it is not an IDX file of pictures.");
        Files.write(
                pictures,
                ByteBuffer.allocate(16)
                        .putInt(0x803)
                        .putInt(-1)
                        .putInt(28)
                        .putInt(0)
                        .array());
        assertRefused(
                () -> config().openTrain(),
                pictures + " is damaged: it says it has -1 pictures of 28×0 pixels; fetch it again.");

        pictures("train-images-idx3-ubyte", 0, 3);
        assertRefused(
                () -> config().openTrain(),
                labels + " has 4 labels and there are 3 pictures; the two files do not belong together.");
        labels("train-labels-idx1-ubyte", 0, 1, 3);
        assertRefused(
                () -> config().openTrain(),
                labels + " has the label 3, but classes names only 3, for the labels from 0; give a name for each.");
        Path packed = Archives.gz(labels);
        Archives.cut(packed, Files.size(packed) - 9);
        assertRefused(() -> config().openTrain(), packed + " is damaged: it ends too early; fetch it again.");
    }

    /** The data set at hand on a machine with Debian's package dataset-fashion-mnist. */
    @Test
    void readsFashionMnist() throws IOException {
        Path place = Path.of(ConfigFactory.parseResources(ConfigFile.REFERENCE).getString("variants.data.idx.path"));
        assumeTrue(Files.isDirectory(place), "no Fashion-MNIST in " + place);
        Idx.Config config = new Idx.Config(
                place,
                "train",
                "t10k",
                IntStream.range(0, 10).mapToObj(Integer::toString).toList());
        assertThat(config.missing().found()).isEmpty();
        Dataset train = config.openTrain();
        assertThat(train.size()).isEqualTo(60_000);
        assertThat(IntStream.range(0, train.size()).map(train::label).toArray())
                .startsWith(9, 0, 0, 3)
                .satisfies(labels -> {
                    for (int label = 0; label < 10; label++) {
                        int wanted = label;
                        assertThat(IntStream.of(labels).filter(found -> found == wanted))
                                .hasSize(6_000);
                    }
                });
        long sum = 0;
        for (int i = 0; i < train.size(); i++) {
            try (Scope scope = Scope.open()) {
                for (byte value : Mats.bytes(train.read(i).rgb())) {
                    sum += value & 0xFF;
                }
            }
        }
        // The mean that is usually given for its normalisation.
        assertThat(sum / 255.0 / (60_000.0 * 28 * 28 * 3)).isCloseTo(0.2860, within(5e-5));
        assertThat(config.openTest().size()).isEqualTo(10_000);
    }
}
