package io.contrast4j.cli;

import io.contrast4j.data.PhotoCrops;
import io.contrast4j.image.Box;
import io.contrast4j.image.Decoder;
import io.contrast4j.image.Resampling;
import io.contrast4j.random.CounterRandom;
import io.contrast4j.spec.Reasons;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;

/** The picture files that are read for a measurement. */
final class BenchPictures {
    private static final int WIDTH = 500;
    private static final int HEIGHT = 375;
    private static final int BYTES = 53_000;
    private static final long SEED = 500375;
    private static final int SIDE = 256;

    private BenchPictures() {}

    /**
     * The pictures in a folder and below.
     *
     * @throws UserError if there is none
     */
    static List<Path> in(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new UserError(UserError.USAGE, "There is no folder " + folder + "; give one with pictures, or none.");
        }
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> pictures = files.filter(Decoder::isNamedAsPicture)
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
            if (pictures.isEmpty()) {
                throw new UserError(UserError.USAGE, "There are no pictures in " + folder + "; give another folder.");
            }
            return pictures;
        } catch (UncheckedIOException e) {
            throw unreadable(folder, e.getCause());
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    private static UserError unreadable(Path folder, IOException e) {
        return new UserError(
                UserError.USAGE,
                "Cannot list the folder " + folder + " (" + Reasons.of(e) + "); give another folder.",
                e);
    }

    /**
     * Writes JPEGs like those of ImageNet: 500×375 pixels, each with the quality that brings it nearest to 53 kB. They are
     * parts of the photographs that come with contrast4j, the same every time.
     */
    static List<Path> write(Path folder, int count) throws IOException {
        return write(folder, count, ".jpg", part -> {
            Mat picture = new Mat();
            opencv_imgproc.cvtColor(part.scaled(HEIGHT, WIDTH), picture, opencv_imgproc.COLOR_RGB2BGR);
            return encoded(picture);
        });
    }

    /** Writes PPM files of 256×256 pixels, which are hardly decoded: parts of the same photographs. */
    static List<Path> plain(Path folder, int count) throws IOException {
        byte[] header = ("P6\n" + SIDE + " " + SIDE + "\n255\n").getBytes(StandardCharsets.US_ASCII);
        return write(folder, count, ".ppm", part -> {
            byte[] file = Arrays.copyOf(header, header.length + 3 * SIDE * SIDE);
            part.scaled(SIDE, SIDE).data().get(file, header.length, 3 * SIDE * SIDE);
            return file;
        });
    }

    /** A part of a photograph. */
    private record Part(Mat photograph, Box place) {
        Mat scaled(int height, int width) {
            return Resampling.resize(photograph, place, height, width);
        }
    }

    private static List<Path> write(Path folder, int count, String ending, Function<Part, byte[]> content)
            throws IOException {
        List<Path> files = new ArrayList<>();
        try (Scope scope = Scope.open()) {
            List<Mat> photographs = PhotoCrops.photographs();
            for (int i = 0; i < count; i++) {
                try (Scope inner = Scope.open()) {
                    Mat photograph = photographs.get(i % photographs.size());
                    Part part = new Part(photograph, part(photograph, CounterRandom.of(SEED, i)));
                    files.add(Files.write(folder.resolve(String.format("%03d", i) + ending), content.apply(part)));
                }
            }
        }
        return files;
    }

    /** Deletes a folder with all that was made in it. */
    static void delete(Path folder) throws IOException {
        List<Path> made;
        try (Stream<Path> files = Files.walk(folder)) {
            made = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : made) {
            Files.delete(file);
        }
    }

    /** At least 0.7 of the largest part of this shape. */
    private static Box part(Mat photograph, CounterRandom rng) {
        double scale = (0.7 + 0.3 * rng.nextDouble())
                * Math.min((double) photograph.cols() / WIDTH, (double) photograph.rows() / HEIGHT);
        int width = (int) (WIDTH * scale);
        int height = (int) (HEIGHT * scale);
        int top = rng.nextInt(photograph.rows() - height + 1);
        return new Box(top, rng.nextInt(photograph.cols() - width + 1), height, width);
    }

    private static byte[] encoded(Mat picture) {
        int low = 1;
        int high = 100;
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (encoded(picture, middle).length <= BYTES) {
                low = middle;
            } else {
                high = middle;
            }
        }
        byte[] below = encoded(picture, low);
        byte[] above = encoded(picture, high);
        return BYTES - below.length < above.length - BYTES ? below : above;
    }

    private static byte[] encoded(Mat picture, int quality) {
        try (BytePointer jpeg = new BytePointer();
                IntPointer parameters = new IntPointer(opencv_imgcodecs.IMWRITE_JPEG_QUALITY, quality)) {
            opencv_imgcodecs.imencode(".jpg", picture, jpeg, parameters);
            byte[] bytes = new byte[(int) jpeg.limit()];
            jpeg.get(bytes);
            return bytes;
        }
    }
}
