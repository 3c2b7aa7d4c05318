package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.contrast4j.golden.Goldens;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged copies of safetensors files: each is read or refused with the library's own exception, within two seconds, and
 * without more memory than the file and a few megabytes. The tensors of one that is read are as large as its data.
 */
class SafeTensorsFuzzTest {
    private static final long LONGEST_NANOS = 2_000_000_000L;
    private static final long MORE_MEMORY = 64 << 20;

    /** What stands in headers, and what would be bad there. */
    private static final List<String> PIECES = List.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "-1",
            "0",
            "1e99",
            "9223372036854775807",
            "4611686018427387904",
            "65536",
            "null",
            "NaN",
            "\"F32\"",
            "\"F64\"",
            "\"U8\"",
            "\"BOOL\"",
            "\"shape\"",
            "\"dtype\"",
            "\"data_offsets\"",
            "\"__metadata__\":",
            "[[[[[[[[",
            "\u0000");

    @TempDir
    Path folder;

    @Test
    void damagedFilesAreReadOrRefused() throws IOException {
        assertThat(fuzz(3_000, 2025)).as("refused").isBetween(1_500, 2_999);
    }

    /** As often as the system property says, from a seed of its own. */
    @Test
    @Tag("slow")
    void manyDamagedFilesAreReadOrRefused() throws IOException {
        int times = Integer.getInteger("contrast4j.fuzz", 60_000);
        assertThat(fuzz(times, System.nanoTime())).as("refused").isBetween(times / 3, times - 1);
    }

    private int fuzz(int times, long seed) throws IOException {
        List<byte[]> originals = originals();
        SplittableRandom random = new SplittableRandom(seed);
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Path damaged = folder.resolve("damaged.safetensors");
        int refused = 0;
        // Loads LibTorch and our classes, which is not what is measured.
        Files.write(damaged, originals.get(0));
        assertThat(elapsed(damaged, true, "the first file")).isPositive();
        for (int i = 0; i < times; i++) {
            byte[] bytes = damage(originals.get(random.nextInt(originals.size())), random);
            Files.write(damaged, bytes);
            String which = "file " + i + " of seed " + seed;
            long allocated = memory.getCurrentThreadAllocatedBytes();
            long elapsed = elapsed(damaged, i % 2 == 0, which);
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

    /** Small files of every type and shape, and the smallest golden ones. */
    private List<byte[]> originals() throws IOException {
        List<byte[]> originals = new ArrayList<>();
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            List<ScalarType> types = List.of(
                    ScalarType.Float,
                    ScalarType.Double,
                    ScalarType.Half,
                    ScalarType.BFloat16,
                    ScalarType.Long,
                    ScalarType.Byte,
                    ScalarType.Bool);
            for (ScalarType type : types) {
                tensors.put("layer." + type, torch.ones(2, 3, 1).to(type));
            }
            tensors.put("scalar", Tensors.zeros(ScalarType.Long));
            tensors.put("empty", Tensors.zeros(ScalarType.Float, 0, 4));
            Path all = folder.resolve("all.safetensors");
            SafeTensors.write(all, tensors);
            originals.add(Files.readAllBytes(all));
            SafeTensors.write(all, Map.of());
            originals.add(Files.readAllBytes(all));
        }
        try (Stream<Path> files = Files.walk(Goldens.bundled(""))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".safetensors"))
                    .sorted()
                    .toList()) {
                if (Files.size(file) < 100_000) {
                    originals.add(Files.readAllBytes(file));
                }
            }
        }
        assertThat(originals).hasSizeGreaterThan(3);
        return originals;
    }

    /** How long it takes, negative if the file is refused. */
    private static long elapsed(Path file, boolean load, String which) throws IOException {
        long start = System.nanoTime();
        try (Scope scope = Scope.open()) {
            long bytes = 0;
            if (load) {
                for (Tensor tensor : SafeTensors.read(file).values()) {
                    bytes += tensor.numel() * tensor.element_size();
                }
            } else {
                PthListing listing = SafeTensors.list(file);
                bytes = listing.storages().stream()
                        .mapToLong(StorageInfo::bytes)
                        .sum();
            }
            assertThat(bytes).as(which).isLessThanOrEqualTo(Files.size(file));
            return System.nanoTime() - start;
        } catch (UserError expected) {
            assertThat(expected.getMessage()).as(which).startsWith(file + " ").endsWith(".");
            return start - System.nanoTime();
        } catch (RuntimeException | Error wrong) {
            throw new AssertionError(which, wrong);
        }
    }

    private static byte[] damage(byte[] original, SplittableRandom random) {
        ByteBuffer length = ByteBuffer.wrap(original).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) length.getLong(0);
        return switch (random.nextInt(8)) {
            case 0 -> Arrays.copyOf(original, random.nextInt(original.length + 1));
            case 1 -> {
                long[] lengths = {-1, 0, 1, Long.MAX_VALUE, Integer.MAX_VALUE, header - 1, header + 1, 100_000_000};
                byte[] bytes = original.clone();
                ByteBuffer.wrap(bytes)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(0, lengths[random.nextInt(lengths.length)]);
                yield bytes;
            }
            case 2 -> {
                byte[] bytes = original.clone();
                bytes[random.nextInt(8 + header)] ^= (byte) (1 << random.nextInt(8));
                yield bytes;
            }
            default -> rewritten(original, header, random);
        };
    }

    /** With pieces of the header changed, and its length made right again. */
    private static byte[] rewritten(byte[] original, int header, SplittableRandom random) {
        StringBuilder text = new StringBuilder(new String(original, 8, header, StandardCharsets.ISO_8859_1));
        int changes = 1 + random.nextInt(3);
        for (int change = 0; change < changes && !text.isEmpty(); change++) {
            int at = random.nextInt(text.length());
            int end = Math.min(text.length(), at + random.nextInt(4));
            switch (random.nextInt(5)) {
                case 0 -> text.replace(at, end, PIECES.get(random.nextInt(PIECES.size())));
                case 1 -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
                case 2 -> text.insert(at, text.substring(at, Math.min(text.length(), at + random.nextInt(200))));
                case 3 -> digit(text, at, random);
                default -> text.insert(at, "[".repeat(random.nextInt(20_000)));
            }
        }
        byte[] written = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(8 + written.length + original.length - 8 - header)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(written.length)
                .put(written)
                .put(original, 8 + header, original.length - 8 - header)
                .array();
    }

    /** Another digit where the next one is. */
    private static void digit(StringBuilder text, int from, SplittableRandom random) {
        for (int at = from; at < text.length(); at++) {
            if (Character.isDigit(text.charAt(at))) {
                text.setCharAt(at, (char) ('0' + random.nextInt(10)));
                return;
            }
        }
    }
}
