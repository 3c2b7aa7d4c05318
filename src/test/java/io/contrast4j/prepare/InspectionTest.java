package io.contrast4j.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.contrast4j.data.ImageFolder;
import io.contrast4j.data.Pictures;
import io.contrast4j.image.Decoder;
import io.contrast4j.image.Mats;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectionTest {
    private static final Inspection.Options ALL = new Inspection.Options(3, Integer.MAX_VALUE, 1);

    @TempDir
    Path folder;

    private Inspection inspect(Inspection.Options options) {
        return Inspection.of("train", ImageFolder.open(folder), options, read -> {});
    }

    /** Two classes, 4 to 1, PNG: sizes 3×2 … 6×5, height × width. */
    private void makePictures() {
        for (int number = 0; number < 4; number++) {
            Pictures.write(folder.resolve("a/" + number + ".png"), number + 3, number + 2, number);
        }
        Pictures.write(folder.resolve("b/0.png"), 700, 600, 9);
    }

    @Test
    void meansAndDeviationsAreThoseOfAllPixels() throws IOException {
        makePictures();
        List<double[]> pixels = new ArrayList<>();
        try (Scope scope = Scope.open()) {
            ImageFolder data = ImageFolder.open(folder);
            for (int index = 0; index < data.size(); index++) {
                byte[] bytes = Mats.bytes(data.read(index).rgb());
                for (int at = 0; at < bytes.length; at += 3) {
                    pixels.add(new double[] {bytes[at] & 0xFF, bytes[at + 1] & 0xFF, bytes[at + 2] & 0xFF});
                }
            }
        }
        Inspection found = inspect(ALL);
        assertThat(found.pixels().count()).isEqualTo(pixels.size());
        for (int channel = 0; channel < 3; channel++) {
            int c = channel;
            double mean = pixels.stream()
                    .mapToDouble(pixel -> pixel[c] / 255)
                    .average()
                    .orElseThrow();
            double variance = pixels.stream()
                    .mapToDouble(pixel -> Math.pow(pixel[c] / 255 - mean, 2))
                    .average()
                    .orElseThrow();
            assertThat(found.pixels().mean(channel)).isCloseTo(mean, within(1e-12));
            assertThat(found.pixels().std(channel)).isCloseTo(Math.sqrt(variance), within(1e-12));
        }
    }

    @Test
    void sizesAndClassesAreCounted() {
        makePictures();
        Inspection found = inspect(ALL);
        assertThat(found.classCounts()).containsExactly(4, 1);
        assertThat(found.widths()).containsExactly(2, 3, 4, 5, 600);
        assertThat(found.heights()).containsExactly(3, 4, 5, 6, 700);
        assertThat(found.aspects()[0]).isCloseTo(2 / 3.0, within(1e-12));
        assertThat(found.readable()).isEqualTo(5);
        assertThat(found.grey()).isZero();
    }

    @Test
    void damagedFilesAreNamedAndLeftOutOfTheRest() throws IOException {
        makePictures();
        Pictures.truncate(folder.resolve("a/1.png"));
        Files.write(folder.resolve("a/2.png"), new byte[0]);
        Inspection found = inspect(ALL);
        assertThat(found.damaged()).extracting(Inspection.Damage::index).containsExactly(1, 2);
        assertThat(found.damaged().get(0).reason()).contains("1.png", "truncated");
        assertThat(found.damaged().get(1).reason()).contains("2.png", "empty");
        assertThat(found.classCounts()).containsExactly(4, 1);
        assertThat(found.readable()).isEqualTo(3);
        assertThat(found.pixels().count()).isEqualTo(3 * 2 + 6 * 5 + 700 * 600);
    }

    @Test
    void greyIsWhatHasNoColour() {
        makePictures();
        try (Scope scope = Scope.open()) {
            byte[] grey = new byte[5 * 4 * 3];
            IntStream.range(0, grey.length).forEach(at -> grey[at] = (byte) (at / 3 * 9));
            opencv_imgcodecs.imwrite(folder.resolve("a/grey.png").toString(), Mats.rgb(5, 4, grey));
        }
        assertThat(inspect(ALL).grey()).isEqualTo(1);
    }

    @Test
    void theNumberOfThreadsChangesNothing() {
        makePictures();
        Pictures.truncate(folder.resolve("a/3.png"));
        Inspection one = inspect(new Inspection.Options(1, Integer.MAX_VALUE, 1));
        Inspection many = inspect(new Inspection.Options(8, Integer.MAX_VALUE, 1));
        assertThat(many).usingRecursiveComparison().ignoringFields("data").isEqualTo(one);
    }

    @Test
    void aSampleIsDrawnAndAlwaysTheSame() {
        makePictures();
        int[] first = inspect(new Inspection.Options(2, 3, 1)).chosen();
        assertThat(first).hasSize(3).doesNotHaveDuplicates().isSorted();
        assertThat(inspect(new Inspection.Options(1, 3, 1)).chosen()).isEqualTo(first);
        assertThat(IntStream.range(2, 12)
                        .mapToObj(seed ->
                                inspect(new Inspection.Options(1, 3, seed)).chosen()))
                .anySatisfy(other -> assertThat(other).isNotEqualTo(first));
        assertThat(inspect(new Inspection.Options(1, 99, 1)).chosen()).containsExactly(0, 1, 2, 3, 4);
    }

    @Test
    void theSamePixelsInAnotherFileAreADuplicate() throws IOException {
        makePictures();
        try (Scope scope = Scope.open()) {
            Mat bgr = opencv_imgcodecs.imread(folder.resolve("b/0.png").toString());
            opencv_imgcodecs.imwrite(folder.resolve("a/again.bmp").toString(), bgr);
            assertThat(Mats.bytes(Decoder.read(folder.resolve("a/again.bmp"))))
                    .isEqualTo(Mats.bytes(Decoder.read(folder.resolve("b/0.png"))));
        }
        Path other = folder.resolveSibling(folder.getFileName() + "-val");
        try {
            Files.createDirectories(other.resolve("a"));
            Files.copy(folder.resolve("a/1.png"), other.resolve("a/1.png"));
            Inspection val = Inspection.of("val", ImageFolder.open(other), ALL, read -> {});
            List<List<Duplicates.Place>> groups = Duplicates.among(List.of(inspect(ALL), val));
            assertThat(groups)
                    .containsExactly(
                            List.of(
                                    new Duplicates.Place(
                                            "train", folder.resolve("a/1.png").toString()),
                                    new Duplicates.Place(
                                            "val", other.resolve("a/1.png").toString())),
                            List.of(
                                    new Duplicates.Place(
                                            "train",
                                            folder.resolve("a/again.bmp").toString()),
                                    new Duplicates.Place(
                                            "train", folder.resolve("b/0.png").toString())));
        } finally {
            Folders.delete(other);
        }
    }

    @Test
    void aPictureOfAnotherShapeIsNoDuplicate() {
        try (Scope scope = Scope.open()) {
            for (int rows : new int[] {2, 3, 6}) {
                Path file = folder.resolve("a/" + rows + ".png");
                Files.createDirectories(file.getParent());
                opencv_imgcodecs.imwrite(file.toString(), Mats.rgb(rows, 12 / rows, new byte[36]));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        assertThat(Duplicates.among(List.of(inspect(ALL)))).isEmpty();
    }

    @Test
    void aContactSheetShowsAsManyClassesAsItCan() {
        for (int label = 0; label < 6; label++) {
            for (int number = 0; number <= label; number++) {
                Pictures.write(folder.resolve(label + "/" + number + ".png"), 4, 4, 10 * label + number);
            }
        }
        ImageFolder data = ImageFolder.open(folder);
        List<Integer> six = ContactSheet.choose(data, 6, 1);
        assertThat(six).extracting(data::label).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(ContactSheet.choose(data, 6, 1)).isEqualTo(six);
        assertThat(ContactSheet.choose(data, 11, 1))
                .extracting(data::label)
                .containsExactly(0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5);
        assertThat(ContactSheet.choose(data, 64, 1)).hasSize(21);
    }

    @Test
    void aContactSheetIsAPngWithARowPerEightPictures() throws IOException {
        makePictures();
        Pictures.truncate(folder.resolve("a/1.png"));
        Path sheet = folder.resolve("sheet.png");
        ContactSheet.write(List.of(inspect(ALL), inspect(ALL)), 1, sheet);
        try (Scope scope = Scope.open()) {
            Mat drawn = Decoder.read(sheet);
            assertThat(drawn.cols()).isEqualTo(8 + 8 * (128 + 8));
            assertThat(drawn.rows()).isEqualTo(8 + 2 * (34 + 128 + 20 + 8));
        }
    }
}
