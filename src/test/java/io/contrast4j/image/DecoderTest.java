package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.tensor.Scope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class DecoderTest {
    private static final int HEIGHT = 20;
    private static final int WIDTH = 30;

    private Scope scope;

    @BeforeEach
    void openScope() {
        OpenCv.prepare();
        scope = Scope.open();
    }

    @AfterEach
    void closeScope() {
        scope.close();
    }

    @Test
    void channelsAreInTheOrderRedGreenBlue() throws IOException {
        for (String format : new String[] {".png", ".bmp", ".ppm", ".tif", ".jpg", ".webp"}) {
            Mat rgb = Decoder.decode(encoded(format, plain(opencv_core.CV_8UC3, 10, 100, 200)), "x");
            byte[] first = Arrays.copyOf(Mats.bytes(rgb), 3);
            assertThat(first[0] & 0xFF).as(format).isBetween(195, 205);
            assertThat(first[1] & 0xFF).as(format).isBetween(95, 105);
            assertThat(first[2] & 0xFF).as(format).isBetween(5, 15);
        }
    }

    @Test
    void greyTransparentAndDeepPicturesBecomeThreeBytesPerPixel() throws IOException {
        byte[] grey = encoded(".png", plain(opencv_core.CV_8UC1, 77));
        byte[] transparent = encoded(".png", plain(opencv_core.CV_8UC4, 10, 100, 200, 0));
        byte[] deep = encoded(".png", plain(opencv_core.CV_16UC3, 10 * 256, 100 * 256, 200 * 256));
        assertThat(firstPixel(grey)).containsExactly(77, 77, 77);
        assertThat(firstPixel(transparent)).containsExactly(200, 100, 10);
        assertThat(firstPixel(deep)).containsExactly(200, 100, 10);
    }

    @Test
    void orientationInExifIsIgnored() throws IOException {
        byte[] jpeg = encoded(".jpg", plain(opencv_core.CV_8UC3, 10, 100, 200));
        byte[] exif = concat(
                new byte[] {(byte) 0xFF, (byte) 0xE1, 0, 34},
                "Exif\0\0MM\0*".getBytes(StandardCharsets.ISO_8859_1),
                new byte[] {0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0});
        byte[] turned = concat(Arrays.copyOf(jpeg, 2), exif, Arrays.copyOfRange(jpeg, 2, jpeg.length));
        Mat rgb = Decoder.decode(turned, "x");
        assertThat(rgb.rows()).isEqualTo(HEIGHT);
        assertThat(rgb.cols()).isEqualTo(WIDTH);
    }

    @TestFactory
    Stream<DynamicTest> everyTruncationIsFound() {
        return Stream.of(".jpg", ".png", ".bmp", ".webp", ".tif", ".ppm")
                .map(format -> DynamicTest.dynamicTest(format, () -> {
                    try (Scope inner = Scope.open()) {
                        byte[] whole = encoded(format, noise());
                        IntStream.of(1, 3, 10, 40, whole.length / 2, whole.length - 20, whole.length - 1)
                                .forEach(length -> assertThatThrownBy(
                                                () -> Decoder.decode(Arrays.copyOf(whole, length), "cut" + format))
                                        .as("%d bytes of %d", length, whole.length)
                                        .isInstanceOf(CorruptImage.class)
                                        .hasMessageStartingWith("cut" + format + ": "));
                    }
                }));
    }

    @Test
    void aJpegWhoseThumbnailEndsBeforeTheCutIsTruncatedAllTheSame() throws IOException {
        byte[] jpeg = encoded(".jpg", noise());
        byte[] thumbnail = {(byte) 0xFF, (byte) 0xE1, 0, 6, 'x', 'x', (byte) 0xFF, (byte) 0xD9};
        byte[] with = concat(Arrays.copyOf(jpeg, 2), thumbnail, Arrays.copyOfRange(jpeg, 2, jpeg.length));
        assertThat(Decoder.decode(with, "whole").rows()).isEqualTo(HEIGHT);
        assertThatThrownBy(() -> Decoder.decode(Arrays.copyOf(with, with.length - 2), "cut"))
                .isInstanceOf(CorruptImage.class)
                .hasMessageContaining("no end-of-image marker");
    }

    @Test
    void whatIsAppendedDoesNotMatter() throws IOException {
        for (String format : new String[] {".jpg", ".png", ".bmp", ".webp"}) {
            byte[] longer = concat(encoded(format, noise()), new byte[] {1, 2, 3, (byte) 0xFF, 0x10});
            assertThat(Decoder.decode(longer, format).cols()).isEqualTo(WIDTH);
        }
    }

    @Test
    void aFlippedBitInAPngIsFound() {
        byte[] png = encoded(".png", noise());
        png[png.length / 2] ^= 4;
        assertThatThrownBy(() -> Decoder.decode(png, "bad.png"))
                .isInstanceOf(CorruptImage.class)
                .hasMessageContaining("check sum of its IDAT chunk");
    }

    @Test
    void filesThatAreNoPicturesAreNamed(@TempDir Path folder) throws IOException {
        Path empty = Files.createFile(folder.resolve("empty.jpg"));
        Path text = Files.writeString(folder.resolve("text.jpg"), "not a picture, whatever its name says");
        assertThatThrownBy(() -> Decoder.read(empty))
                .isInstanceOf(CorruptImage.class)
                .hasMessage(empty + ": the file is empty");
        assertThatThrownBy(() -> Decoder.read(text))
                .isInstanceOf(CorruptImage.class)
                .hasMessage(text + ": the content is not a picture in a known format");
    }

    private static int[] firstPixel(byte[] file) throws IOException {
        byte[] bytes = Mats.bytes(Decoder.decode(file, "x"));
        return new int[] {bytes[0] & 0xFF, bytes[1] & 0xFF, bytes[2] & 0xFF};
    }

    private static Mat plain(int type, double... values) {
        double[] four = Arrays.copyOf(values, 4);
        return new Mat(HEIGHT, WIDTH, type, new Scalar(four[0], four[1], four[2], four[3]));
    }

    private static Mat noise() {
        byte[] bytes = new byte[HEIGHT * WIDTH * 3];
        new Random(5).nextBytes(bytes);
        return Mats.rgb(HEIGHT, WIDTH, bytes);
    }

    private static byte[] encoded(String format, Mat bgr) {
        try (BytePointer buffer = new BytePointer()) {
            opencv_imgcodecs.imencode(format, bgr, buffer);
            byte[] bytes = new byte[(int) buffer.limit()];
            buffer.get(bytes);
            return bytes;
        }
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
