package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.contrast4j.golden.Goldens;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged copies of all golden checkpoints: each is read or refused with the library's own exception, within two seconds,
 * and without more memory than the file and a few megabytes. Where the damage is in a record of a zip file, its checksum
 * is made right again, so that the damage is not found by that alone.
 */
class PthFuzzTest {
    private static final long LONGEST_NANOS = 2_000_000_000L;
    private static final long MORE_MEMORY = 64 << 20;

    @TempDir
    Path folder;

    @Test
    void damagedFilesAreReadOrRefused() throws IOException {
        assertThat(fuzz(4_000, 2024)).as("refused").isGreaterThan(1_500);
    }

    /** As often as the system property says, from a seed of its own. */
    @Test
    @Tag("slow")
    void manyDamagedFilesAreReadOrRefused() throws IOException {
        int times = Integer.getInteger("contrast4j.fuzz", 60_000);
        assertThat(fuzz(times, System.nanoTime())).as("refused").isGreaterThan(times / 3);
    }

    private int fuzz(int times, long seed) throws IOException {
        List<byte[]> originals = new ArrayList<>();
        List<Path> files = Stream.of(
                        Goldens.find("cmc", "pth/**.pth"),
                        Goldens.find("cmc", "pth/*.pth"),
                        Goldens.find("align_uniform", "*.pth.tar"),
                        Goldens.find("ring", "*.ckpt"),
                        Goldens.find("selfcon", "checkpoints/*.pth"))
                .flatMap(found -> found)
                .distinct()
                .toList();
        for (Path file : files) {
            originals.add(Files.readAllBytes(file));
        }
        // The small ones have the rare instructions, the large ones take the time.
        List<byte[]> small =
                originals.stream().filter(bytes -> bytes.length < 25_000).toList();
        SplittableRandom random = new SplittableRandom(seed);
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Path damaged = folder.resolve("damaged.pth");
        int refused = 0;
        // Loads LibTorch and our classes, which is not what is measured.
        elapsed(Goldens.bundled("cmc/pth/bad/_undamaged.zip.pth"), true, "the first file");
        for (int i = 0; i < times; i++) {
            List<byte[]> kind = i % 5 == 0 ? originals : small;
            byte[] bytes = damage(kind.get(random.nextInt(kind.size())), random);
            Files.write(damaged, bytes);
            String which = "file " + i + " of seed " + seed;
            long allocated = memory.getCurrentThreadAllocatedBytes();
            long elapsed = elapsed(damaged, i % 2 == 0, which);
            // What a tree of Python objects takes is a multiple of its bytes in the pickle.
            assertThat(memory.getCurrentThreadAllocatedBytes() - allocated)
                    .as(which)
                    .isLessThan(MORE_MEMORY + 40L * bytes.length);
            if (Math.abs(elapsed) > LONGEST_NANOS) {
                // Other work on the machine does not come at the same file twice.
                assertThat(Math.abs(elapsed(damaged, i % 2 == 0, which)))
                        .as(which)
                        .isLessThan(LONGEST_NANOS);
            }
            refused += elapsed < 0 ? 1 : 0;
        }
        return refused;
    }

    /** How long it takes, negative if the file is refused. */
    private static long elapsed(Path file, boolean load, String which) {
        long start = System.nanoTime();
        try (Scope scope = Scope.open()) {
            if (load) {
                PthFile.read(file);
            } else {
                // What loading would take.
                PthListing listing = PthFile.list(file);
                assertThat(listing.storages().stream()
                                .mapToLong(StorageInfo::bytes)
                                .sum())
                        .as(which)
                        .isLessThanOrEqualTo(listing.fileSize());
            }
            return System.nanoTime() - start;
        } catch (UserError expected) {
            assertThat(expected.getMessage()).as(which).startsWith(file + " ").endsWith(".");
            return start - System.nanoTime();
        } catch (RuntimeException | Error wrong) {
            throw new AssertionError(which, wrong);
        }
    }

    private static byte[] damage(byte[] original, SplittableRandom random) {
        byte[] bytes = original.clone();
        if (bytes.length == 0) {
            return bytes;
        }
        // Where the pickle is, more often than not: at the start of either container.
        int bound = random.nextBoolean() ? bytes.length : Math.min(bytes.length, 3_000);
        int changes = 1 + random.nextInt(4);
        for (int change = 0; change < changes; change++) {
            int at = random.nextInt(bound);
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 8), (byte) random.nextInt(-1, 1));
                case 3 -> {
                    int from = random.nextInt(bound);
                    int length = Math.min(random.nextInt(40), bytes.length - Math.max(at, from));
                    System.arraycopy(bytes, from, bytes, at, length);
                }
                case 4 -> {
                    long[] large = {Integer.MAX_VALUE, Long.MAX_VALUE, -1, Long.MIN_VALUE, 1L << 40, 65_536};
                    if (at + 8 <= bytes.length) {
                        ByteBuffer.wrap(bytes)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .putLong(at, large[random.nextInt(large.length)]);
                    }
                }
                default -> {
                    byte[] opcodes = {'(', 't', 'R', 'b', 'Q', 'c', '}', ']', 'u', 'e', 'h', 'j', 'r', '.', (byte) 0x81
                    };
                    bytes[at] = opcodes[random.nextInt(opcodes.length)];
                }
            }
        }
        if (random.nextInt(12) == 0) {
            return Arrays.copyOf(bytes, random.nextInt(bytes.length));
        }
        if (random.nextInt(3) > 0) {
            mendChecksums(bytes);
        }
        return bytes;
    }

    /** Writes the checksums of the records into the directory, as far as it can still be read. */
    private static void mendChecksums(byte[] bytes) {
        ByteBuffer zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = bytes.length - 46; at >= 0; at--) {
            if (zip.getInt(at) == 0x02014b50) {
                long local = zip.getInt(at + 42) & 0xFFFF_FFFFL;
                long size = zip.getInt(at + 24) & 0xFFFF_FFFFL;
                if (local + 30 <= bytes.length) {
                    long begin = local + 30 + zip.getShort((int) local + 26) + zip.getShort((int) local + 28);
                    if (begin >= 0 && size <= bytes.length - begin) {
                        CRC32 crc = new CRC32();
                        crc.update(bytes, (int) begin, (int) size);
                        zip.putInt(at + 16, (int) crc.getValue());
                    }
                }
            }
        }
    }
}
