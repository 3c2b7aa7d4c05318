package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.tensor.Scope;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
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
    void bytesMayBeAnywhere() throws IOException {
        byte[] png = encoded(".png", noise());
        byte[] expected = Mats.bytes(Decoder.decode(png, "array"));
        ByteBuffer part = ByteBuffer.wrap(concat(new byte[7], png, new byte[5]))
                .position(7)
                .limit(7 + png.length);
        assertThat(Mats.bytes(Decoder.decode(part, "part"))).isEqualTo(expected);
        assertThat(part.position()).isEqualTo(7);
        ByteBuffer direct =
                ByteBuffer.allocateDirect(png.length + 9).position(9).put(png).position(9);
        assertThat(Mats.bytes(Decoder.decode(direct, "direct"))).isEqualTo(expected);
    }

    /** What {@code tools/test/pictures.py} wrote: files, and what Pillow makes of each. */
    @TestFactory
    Stream<DynamicTest> everyKindIsReadAsPillowDoes() throws IOException {
        Path folder = Resources.path("/pictures");
        List<Path> files;
        try (Stream<Path> found = Files.list(folder)) {
            files = found.filter(file -> !file.toString().endsWith(".expected"))
                    .sorted()
                    .toList();
        }
        assertThat(files).hasSizeGreaterThan(50);
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> compare(file)));
    }

    private static void compare(Path file) throws IOException {
        String name = file.getFileName().toString();
        BufferedImage expected = ImageIO.read(Path.of(file + ".expected").toFile());
        try (Scope inner = Scope.open()) {
            Mat rgb = Decoder.read(file);
            assertThat(List.of(rgb.rows(), rgb.cols())).containsExactly(expected.getHeight(), expected.getWidth());
            byte[] bytes = Mats.bytes(rgb);
            int largest = 0;
            for (int i = 0; i < bytes.length; i++) {
                int pixel = expected.getRGB(i / 3 % expected.getWidth(), i / 3 / expected.getWidth());
                largest = Math.max(largest, Math.abs((bytes[i] & 0xFF) - (pixel >> 16 - i % 3 * 8 & 0xFF)));
            }
            switch (name) {
                // The differences that the decoder's page names: transparency, and rounding.
                case "palette-transparent.gif", "rgba.tiff" ->
                    assertThat(largest).isPositive();
                case "cmyk.jpg", "cmyk-plain.jpg", "ycck.jpg", "rgb-16.tiff" ->
                    assertThat(largest).isLessThanOrEqualTo(1);
                default -> assertThat(largest).isZero();
            }
        }
    }

    @Test
    void aSizeThatIsOnlyAnnouncedIsRefusedBeforeItIsAllocated() throws IOException {
        byte[] png = encoded(".png", noise());
        ByteBuffer header = ByteBuffer.wrap(png);
        header.putInt(16, 60_000).putInt(20, 50_000);
        CRC32 sum = new CRC32();
        sum.update(png, 12, 17);
        header.putInt(29, (int) sum.getValue());
        refused(png, "60000×50000");

        byte[] jpeg = encoded(".jpg", noise());
        int frame = indexOf(jpeg, (byte) 0xFF, (byte) 0xC0);
        ByteBuffer.wrap(jpeg).putShort(frame + 5, (short) 65_000).putShort(frame + 7, (short) 64_000);
        refused(jpeg, "64000×65000");

        byte[] bmp = encoded(".bmp", noise());
        ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN).putInt(18, 100_000).putInt(22, -100_000);
        refused(bmp, "100000×100000");

        byte[] tiff = Files.readAllBytes(Resources.path("/pictures/lzw.tiff"));
        ByteBuffer entries = ByteBuffer.wrap(tiff).order(ByteOrder.LITTLE_ENDIAN);
        int directory = entries.getInt(4);
        entries.putShort(directory + 2 + 2, (short) 4).putInt(directory + 2 + 8, 1 << 30);
        refused(tiff, "1073741824×");

        byte[] gif = Files.readAllBytes(Resources.path("/pictures/rgb.gif"));
        ByteBuffer.wrap(gif)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(6, (short) 65_000)
                .putShort(8, (short) 65_000);
        refused(gif, "65000×65000");

        byte[] ppm = "P6 # large\n100000 # and wide\n 100000\n255\n".getBytes(StandardCharsets.ISO_8859_1);
        refused(ppm, "100000×100000");

        byte[] webp = encoded(".webp", noise());
        ByteBuffer.wrap(webp).order(ByteOrder.LITTLE_ENDIAN).putInt(21, 0x3FFF << 14 | 0x3FFF);
        refused(webp, "16384×16384");
    }

    private static void refused(byte[] file, String size) {
        long before = Pointer.physicalBytes();
        assertThatThrownBy(() -> Decoder.decode(file, "bomb"))
                .isInstanceOf(CorruptImage.class)
                .hasMessageContaining(size)
                .hasMessageContaining("at most " + Decoder.MAX_PIXELS);
        assertThat(Pointer.physicalBytes() - before).isLessThan(100L << 20);
    }

    private static int indexOf(byte[] bytes, byte... part) {
        for (int at = 0; ; at++) {
            if (Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
                return at;
            }
        }
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
