package io.contrast4j.data;

import static io.contrast4j.data.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.contrast4j.image.Mats;
import io.contrast4j.tensor.Scope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The pickles were written by Python 2; see {@code cifar/make.py}. The binary files are written here. */
class CifarTest {
    private static final List<String> TEN =
            List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");
    private static final int SIZE = 3072;

    @TempDir
    Path folder;

    /** A copy of a folder of pickles. */
    private Path pickles(String name, String as) throws IOException {
        Path target = Files.createDirectories(folder.resolve(as));
        for (Path file : Files.list(resource(name)).toList()) {
            Files.copy(file, target.resolve(file.getFileName().toString()));
        }
        return target;
    }

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(CifarTest.class.getResource("cifar/" + name), name)
                    .toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** As {@code make.py} defines them, plane by plane. */
    private static byte[] planes(int picture) {
        byte[] planes = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            planes[i] = (byte) (53 * picture + 101 * (i / 1024) + 7 * (i / 32 % 32) + 3 * (i % 32));
        }
        return planes;
    }

    private static byte[] rgb(int picture) {
        byte[] planes = planes(picture);
        byte[] rgb = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            rgb[i] = planes[i % 3 * 1024 + i / 3];
        }
        return rgb;
    }

    /** The numbers of the pictures in a batch, each with its labels before it. */
    private static void writeBinary(Path file, IntStream pictures, int[] factors, int[] classes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        pictures.forEach(picture -> {
            for (int i = 0; i < factors.length; i++) {
                out.write(factors[i] * picture % classes[i]);
            }
            out.writeBytes(planes(picture));
        });
        Files.createDirectories(file.getParent());
        Files.write(file, out.toByteArray());
    }

    private Path binaryTen() throws IOException {
        Path target = folder.resolve("cifar-10-batches-bin");
        for (int batch = 0; batch < 6; batch++) {
            String name = batch == 5 ? "test_batch.bin" : "data_batch_" + (batch + 1) + ".bin";
            writeBinary(target.resolve(name), IntStream.range(2 * batch, 2 * batch + 2), new int[] {1}, new int[] {10});
        }
        Files.writeString(target.resolve("batches.meta.txt"), String.join("\n", TEN) + "\n\n");
        return target;
    }

    private Path binaryHundred() throws IOException {
        Path target = folder.resolve("cifar-100-binary");
        int[] factors = {3, 1};
        int[] classes = {20, 100};
        writeBinary(target.resolve("train.bin"), IntStream.range(0, 100), factors, classes);
        writeBinary(target.resolve("test.bin"), IntStream.range(100, 102), factors, classes);
        names(target.resolve("fine_label_names.txt"), "fine_", 100);
        names(target.resolve("coarse_label_names.txt"), "coarse_", 20);
        return target;
    }

    private static void names(Path file, String stem, int count) throws IOException {
        Files.writeString(
                file, IntStream.range(0, count).mapToObj(i -> stem + i).collect(Collectors.joining("\n")));
    }

    private static void assertPictures(Dataset data, int first, int count) throws IOException {
        assertThat(data.size()).isEqualTo(count);
        for (int i = 0; i < count; i++) {
            try (Scope scope = Scope.open()) {
                assertThat(Mats.bytes(data.read(i).rgb())).isEqualTo(rgb(first + i));
            }
        }
    }

    @Nested
    class TenFromPickles implements DatasetKit {
        @Override
        public Dataset open() {
            return new Cifar10.Config(resource("cifar-10-batches-py")).openTrain();
        }
    }

    @Nested
    class TenFromAnArchive implements DatasetKit {
        private Path archive = folder;

        @BeforeEach
        void pack() throws IOException {
            archive = Archives.tarGz(binaryTen(), folder.resolve("any-name.tgz"));
        }

        @Override
        public Dataset open() {
            return new Cifar10.Config(archive).openTrain();
        }
    }

    @Nested
    class HundredFine implements DatasetKit {
        @Override
        public Dataset open() {
            try {
                return new Cifar100.Config(binaryHundred(), Cifar100.Labels.FINE).openTrain();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Nested
    class HundredCoarse implements DatasetKit {
        @Override
        public Dataset open() {
            try {
                return new Cifar100.Config(binaryHundred(), Cifar100.Labels.COARSE).openTrain();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cifar-10-batches-py",
                "cifar-10-python3",
                "cifar-10-columns",
                "bin",
                "above py",
                "above bin",
                "cifar-10-python.tar.gz",
                "cifar-10-binary.tar.gz",
                "above cifar-10-python.tar.gz",
                "above cifar-10-binary.tar.gz"
            })
    void tenIsTheSameInEveryForm(String form) throws IOException {
        Path path = switch (form) {
            case "bin" -> binaryTen();
            case "above bin" -> binaryTen().getParent();
            case "above py" ->
                pickles("cifar-10-batches-py", "cifar-10-batches-py").getParent();
            default -> {
                if (!form.contains("tar.gz")) {
                    yield pickles(form, "renamed");
                }
                Path from = form.contains("python")
                        ? pickles("cifar-10-batches-py", "elsewhere/cifar-10-batches-py")
                        : binaryTen();
                Path archive =
                        Files.createDirectories(folder.resolve("archives")).resolve(form.replace("above ", ""));
                Archives.tarGz(from, archive);
                yield form.startsWith("above") ? archive.getParent() : archive;
            }
        };
        Cifar10.Config config = new Cifar10.Config(path);
        assertThat(config.missing().found()).isEmpty();
        Dataset train = config.openTrain();
        assertPictures(train, 0, 10);
        assertThat(IntStream.range(0, 10).map(train::label)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(train.classes()).isEqualTo(TEN);
        assertThat(train.describe(3)).matches(".*data_batch_2(\\.bin)?, picture 1");
        Dataset test = config.openTest();
        assertPictures(test, 10, 2);
        assertThat(test.classes()).isEqualTo(TEN);
        assertThat(config.openLabelled(train)).isSameAs(train);
    }

    @ParameterizedTest
    @EnumSource(Cifar100.Labels.class)
    void hundredHasTwoLabels(Cifar100.Labels labels) throws IOException {
        boolean fine = labels == Cifar100.Labels.FINE;
        Dataset pickled = new Cifar100.Config(resource("cifar-100-python"), labels).openTrain();
        assertPictures(pickled, 0, 4);
        assertThat(IntStream.range(0, 4).map(pickled::label).toArray())
                .containsExactly(fine ? new int[] {3, 20, 37, 54} : new int[] {1, 4, 7, 10});
        assertThat(pickled.classes()).hasSize(fine ? 100 : 20).endsWith(fine ? "fine_99" : "coarse_19");
        assertPictures(new Cifar100.Config(resource("cifar-100-python"), labels).openTest(), 4, 2);

        Path archive = Archives.tarGz(binaryHundred(), folder.resolve("cifar-100-binary.tar.gz"));
        Dataset binary = new Cifar100.Config(archive, labels).openTrain();
        assertPictures(binary, 0, 100);
        assertThat(IntStream.range(0, 100).map(binary::label).toArray())
                .containsExactly(
                        IntStream.range(0, 100).map(i -> fine ? i : 3 * i % 20).toArray());
        assertThat(binary.classes()).isEqualTo(pickled.classes());
        assertPictures(new Cifar100.Config(archive, labels).openTest(), 100, 2);
    }

    @Test
    void whatIsNotThereIsSaidWithWhatIsWanted() {
        Cifar10.Config config = new Cifar10.Config(folder);
        String wanted = "the folder cifar-10-batches-py or cifar-10-batches-bin, the one above it,"
                + " or cifar-10-python.tar.gz or cifar-10-binary.tar.gz";
        assertThat(config.missing().found()).hasToString("[path = " + folder + " must be " + wanted + "]");
        assertRefused(config::openTrain, "There is no CIFAR-10 at " + folder + ": it must be " + wanted + ".");
    }

    @Test
    void missingBatchesAreNamed() throws IOException {
        Path bin = binaryTen();
        Files.delete(bin.resolve("data_batch_4.bin"));
        assertRefused(
                () -> new Cifar10.Config(bin).openTrain(),
                bin + " has no data_batch_4.bin, which is a part of CIFAR-10; fetch the data set again.");
        Path archive = Archives.tarGz(bin, folder.resolve("x.tar.gz"));
        assertRefused(
                () -> new Cifar10.Config(archive).openTrain(),
                archive + " has no data_batch_4.bin, which is a part of CIFAR-10; fetch the data set again.");
        Files.delete(bin.resolve("batches.meta.txt"));
        assertRefused(
                () -> new Cifar10.Config(bin).openTest(),
                bin + " has no batches.meta.txt, which is a part of CIFAR-10; fetch the data set again.");
    }

    @Test
    void damagedBatchesAreNamed() throws IOException {
        Path bin = binaryTen();
        Path batch = bin.resolve("data_batch_2.bin");
        Archives.cut(batch, 2 * 3073 - 1);
        assertRefused(
                () -> new Cifar10.Config(bin).openTrain(),
                batch + " is damaged: it has 6145 bytes, and a picture of CIFAR-10 takes 3073; fetch it again.");
        byte[] content = new byte[3073];
        content[0] = 10;
        Files.write(batch, content);
        assertRefused(
                () -> new Cifar10.Config(bin).openTrain(),
                batch + " is damaged: it has the label 10, and CIFAR-10's are 0 to 9; fetch it again.");
        Path names = Files.writeString(bin.resolve("batches.meta.txt"), "cat\ndog\n");
        assertRefused(
                () -> new Cifar10.Config(bin).openTest(),
                names + " is damaged: it does not name 10 classes; fetch it again.");
    }

    @Test
    void damagedPicklesAreNamed() throws IOException {
        Path py = pickles("cifar-10-batches-py", "py");
        Path batch = py.resolve("data_batch_2");
        byte[] good = Files.readAllBytes(batch);
        Archives.cut(batch, 4000);
        assertRefused(
                () -> new Cifar10.Config(py).openTrain(),
                batch + " is damaged: its pickle ends too early; fetch it again.");
        // 3071 columns; one byte less of elements
        Files.write(batch, replaced(good, "M\0\14", "M\377\13"));
        assertRefused(
                () -> new Cifar10.Config(py).openTrain(),
                batch + " is damaged: it has a numpy array of shape [2, 3071] with 6144 bytes of elements;"
                        + " fetch it again.");
        Files.write(batch, replaced(good, "labels", "lapels"));
        assertRefused(
                () -> new Cifar10.Config(py).openTrain(),
                batch + " is damaged: its labels are not a list of 2 numbers; fetch it again.");
        Files.write(batch, replaced(good, "U\4data", "U\4dada"));
        assertRefused(
                () -> new Cifar10.Config(py).openTrain(),
                batch + " is damaged: its data are not an array of N × 3072 bytes; fetch it again.");
        Files.write(
                batch, replaced(good, "numpy.core.multiarray\n_reconstruct", "numpy.core.multiarray\n_reconstrukt"));
        assertRefused(
                () -> new Cifar10.Config(py).openTrain(),
                batch + " is damaged: it refers to the Python object numpy.core.multiarray._reconstrukt,"
                        + " which is not plain data; fetch it again.");
        Files.write(batch, new byte[0]);
        assertRefused(
                () -> new Cifar10.Config(py).openTrain(),
                batch + " is damaged: its pickle ends too early; fetch it again.");
    }

    private static byte[] replaced(byte[] content, String part, String by) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        assertThat(text).contains(part);
        return text.replaceFirst(Pattern.quote(part), Matcher.quoteReplacement(by))
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void damagedArchivesAreNamed() throws IOException {
        Path archive = Archives.tarGz(binaryTen(), folder.resolve("a.tar.gz"));
        byte[] good = Files.readAllBytes(archive);
        Archives.cut(archive, good.length / 2);
        assertRefused(
                () -> new Cifar10.Config(archive).openTrain(),
                archive + " is damaged: it ends too early; fetch it again.");
        byte[] flipped = Arrays.copyOf(good, good.length);
        flipped[good.length - 6] ^= 1;
        Files.write(archive, flipped);
        assertThat(catchThrowable(() -> new Cifar10.Config(archive).openTrain()))
                .as("the checksum at the end of the compressed stream")
                .hasMessageStartingWith(archive + " is damaged: ");
        Files.writeString(archive, "<html>404</html>");
        assertRefused(
                () -> new Cifar10.Config(archive).openTrain(),
                archive + " is damaged: it is not compressed with gzip; fetch it again.");
    }
}
