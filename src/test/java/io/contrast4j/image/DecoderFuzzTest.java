package io.contrast4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.random.CounterRandom;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.opencv_core.Mat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Damaged files of every kind: whatever is in them, the decoder gives a picture or refuses them, and the process lives
 * on. A number of the sequence is a file: {@code -Dcontrast4j.fuzz=FROM,COUNT} runs others.
 */
class DecoderFuzzTest {
    private static final long SEED = 20260711;

    @Test
    void damagedFilesArePicturesOrRefused() throws IOException {
        fuzz(0, 4_000);
    }

    @Test
    @Tag("slow")
    void veryManyDamagedFilesArePicturesOrRefused() throws IOException {
        String[] range = System.getProperty("contrast4j.fuzz", "4000,200000").split(",");
        fuzz(Integer.parseInt(range[0]), Integer.parseInt(range[1]));
    }

    private static void fuzz(int from, int count) throws IOException {
        List<byte[]> seeds = seeds();
        long before = Pointer.physicalBytes();
        long largest = 0;
        int decoded = 0;
        for (int number = from; number < from + count; number++) {
            byte[] file = mutated(seeds, CounterRandom.of(SEED, number));
            try (Scope scope = Scope.open()) {
                Mat rgb = Decoder.decode(file, "number " + number);
                assertThat(rgb.type()).isEqualTo(opencv_core.CV_8UC3);
                assertThat(rgb.total()).isBetween(1L, Decoder.MAX_PIXELS);
                decoded++;
            } catch (CorruptImage refused) {
                assertThat(refused).hasMessageStartingWith("number " + number + ": ");
            }
            if (number % 64 == 0) {
                largest = Math.max(largest, Pointer.physicalBytes() - before);
            }
        }
        System.out.printf("%d of %d damaged files decoded; memory grew by %d MB%n", decoded, count, largest >> 20);
        assertThat(decoded).isBetween(count / 20, count * 19 / 20);
        assertThat(largest).isLessThan(1500L << 20);
    }

    private static List<byte[]> seeds() throws IOException {
        try (Stream<Path> files = Files.list(Resources.path("/pictures"))) {
            return files.filter(file -> !file.toString().endsWith(".expected"))
                    .sorted()
                    .map(file -> {
                        try {
                            return Files.readAllBytes(file);
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    })
                    .toList();
        }
    }

    private static byte[] mutated(List<byte[]> seeds, CounterRandom rng) {
        byte[] file = seeds.get(rng.nextInt(seeds.size())).clone();
        for (int change = rng.nextInt(4); change >= 0; change--) {
            file = mutatedOnce(file, seeds, rng);
        }
        if (rng.nextInt(4) > 0) {
            repairCheckSums(file);
        }
        return file;
    }

    private static byte[] mutatedOnce(byte[] file, List<byte[]> seeds, CounterRandom rng) {
        if (file.length < 8) {
            return file;
        }
        int at = place(file, rng);
        switch (rng.nextInt(8)) {
            case 0 -> file[at] ^= (byte) (1 << rng.nextInt(8));
            case 1 -> file[at] = (byte) rng.nextInt();
            case 2 -> file[at] = (byte) (rng.nextBoolean() ? 0xFF : 0);
            case 3 -> {
                int value = rng.nextBoolean() ? rng.nextInt() : 1 << rng.nextInt(32);
                ByteOrder order = rng.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
                ByteBuffer.wrap(file).order(order).putInt(Math.min(at, file.length - 4), value);
            }
            case 4 -> {
                return Arrays.copyOf(file, at + 1);
            }
            case 5 -> {
                // Some bytes twice, or left out.
                int other = place(file, rng);
                byte[] spliced = Arrays.copyOf(file, at + file.length - other);
                System.arraycopy(file, other, spliced, at, file.length - other);
                return spliced;
            }
            case 6 -> {
                byte[] stranger = seeds.get(rng.nextInt(seeds.size()));
                int length = Math.min(1 + rng.nextInt(64), Math.min(stranger.length, file.length - at));
                System.arraycopy(stranger, rng.nextInt(stranger.length - length + 1), file, at, length);
            }
            default -> {
                for (int i = at; i < Math.min(file.length, at + 1 + rng.nextInt(16)); i++) {
                    file[i] = (byte) rng.nextInt();
                }
            }
        }
        return file;
    }

    /** Half of the time in the first bytes, where sizes and kinds are. */
    private static int place(byte[] file, CounterRandom rng) {
        return rng.nextInt(rng.nextBoolean() ? file.length : Math.min(file.length, 64));
    }

    /** Makes the check sums of a PNG right, so that damage gets past them. */
    private static void repairCheckSums(byte[] file) {
        ByteBuffer data = ByteBuffer.wrap(file);
        if (file.length < 8 || data.getInt(0) != 0x89504E47) {
            return;
        }
        int at = 8;
        while (at + 12 <= file.length) {
            int length = data.getInt(at);
            if (length < 0 || length > file.length - at - 12) {
                return;
            }
            CRC32 sum = new CRC32();
            sum.update(file, at + 4, length + 4);
            data.putInt(at + 8 + length, (int) sum.getValue());
            at += 12 + length;
        }
    }
}
