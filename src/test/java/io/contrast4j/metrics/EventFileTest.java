package io.contrast4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.contrast4j.checkpoint.Python;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
    @TempDir
    Path folder;

    /** The vectors of RFC 3720, B.4, masked as TFRecord files do. */
    @Test
    void checksumIsTheMaskedCastagnoliOne() {
        byte[] zeros = new byte[32];
        assertThat(unmasked(EventFile.maskedChecksum(zeros, 32))).isEqualTo(0x8a9136aa);
        byte[] ascending = new byte[32];
        for (int i = 0; i < 32; i++) {
            ascending[i] = (byte) i;
        }
        assertThat(unmasked(EventFile.maskedChecksum(ascending, 32))).isEqualTo(0x46dd794e);
    }

    /** Event messages spelled out byte by byte, from event.proto and summary.proto. */
    @Test
    void recordsHoldTheExpectedBytes() throws IOException {
        Clock clock = Clock.fixed(Instant.ofEpochMilli(1_700_000_000_500L), ZoneOffset.UTC);
        try (EventFile events = EventFile.create(folder, clock)) {
            events.scalars(Map.of("train/loss", 1.5), 300);
        }

        String time =
                "09" + HexFormat.of().formatHex(le(8).putDouble(1_700_000_000.5).array());
        List<byte[]> records = records(onlyFile());
        assertThat(hex(records.get(0)))
                .isEqualTo(time + "1a0d" + hex("brain.Event:2".getBytes(StandardCharsets.UTF_8)));
        assertThat(hex(records.get(1)))
                .isEqualTo(time + "10ac02" // step 300
                        + "2a13" + "0a11" // summary, its value
                        + "0a0a" + hex("train/loss".getBytes(StandardCharsets.UTF_8)) // tag
                        + "15" + "0000c03f"); // simple_value 1.5
        assertThat(records).hasSize(2);
        assertThat(onlyFile().getFileName().toString()).startsWith("events.out.tfevents.1700000000.");
    }

    @Test
    void picturesAndHistogramsHoldTheExpectedBytes() throws IOException {
        Clock clock = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
        try (EventFile events = EventFile.create(folder, clock)) {
            events.image("v", 200, 2, new byte[] {9, 8, 7}, 1);
            events.histogram("h", Histogram.of(new float[] {2, 2, Float.NaN}), 1);
        }
        List<byte[]> records = records(onlyFile());
        String start = "09" + "00".repeat(8) + "1001";
        assertThat(hex(records.get(1)))
                .isEqualTo(start
                        + "2a13" + "0a11" // summary, its value
                        + "0a0176" // tag
                        + "220c" + "0802" + "10c801" + "1803" + "2203090807"); // image: height, width, colours, file
        String two = "0000000000000040";
        assertThat(hex(records.get(2)))
                .isEqualTo(start
                        + "2a48" + "0a46"
                        + "0a0168"
                        + "2a41"
                        + "09" + two + "11" + two + "19" + two // least, greatest, count
                        + "21" + "0000000000001040" + "29" + "0000000000002040" // sum, squares
                        + "3208" + two + "3a08" + two); // limits, counts
    }

    @Property(tries = 200)
    void aHistogramHoldsEveryFiniteValueOnce(@ForAll float[] values) {
        Histogram histogram = Histogram.of(values);
        List<Float> finite = new ArrayList<>();
        for (float value : values) {
            if (Float.isFinite(value)) {
                finite.add(value);
            }
        }
        assertThat(histogram.count()).isEqualTo(finite.size());
        assertThat(histogram.counts().stream().mapToDouble(count -> count).sum())
                .isEqualTo(finite.size());
        assertThat(histogram.limits()).isSorted().hasSameSizeAs(histogram.counts());
        if (!finite.isEmpty()) {
            assertThat((float) histogram.least()).isEqualTo(Collections.min(finite));
            assertThat((float) histogram.greatest()).isEqualTo(Collections.max(finite));
        }
    }

    @Test
    void bucketsCountWhatIsBelowTheirLimits() {
        float[] values = new float[600];
        for (int i = 0; i < values.length; i++) {
            values[i] = i + 0.5f;
        }
        Histogram histogram = Histogram.of(values);
        for (int i = 0; i < histogram.limits().size(); i++) {
            double limit = histogram.limits().get(i);
            double before =
                    i == 0 ? Double.NEGATIVE_INFINITY : histogram.limits().get(i - 1);
            boolean isLast = i == histogram.limits().size() - 1;
            long expected = IntStream.range(0, values.length)
                    .filter(j -> values[j] >= before && (isLast || values[j] < limit))
                    .count();
            assertThat(histogram.counts().get(i)).as("bucket %d", i).isEqualTo(expected);
        }
    }

    /** Other values than in the Java tests: a run's event file as TensorBoard itself reads it. */
    @Test
    void tensorBoardReadsCurvesHistogramsAndPictures(@TempDir Path printed) throws IOException, InterruptedException {
        byte[] png = Base64.getDecoder()
                .decode(
                        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
        try (EventFile events = EventFile.create(folder)) {
            events.scalars(Map.of("train/loss", 1.5), 3);
            events.histogram("weights/a", Histogram.of(new float[] {-1, 0, 0, 3}), 4);
            events.image("views/first_batch", 1, 1, png, 5);
        }
        assertThat(Python.run("events.py", printed, folder.toString()).lines())
                .containsExactly(
                        "scalar train/loss 3 1.5",
                        "histogram weights/a 4 -1.0 3.0 4.0 2.0 10.0 60 4.0",
                        "image views/first_batch 5 1 1 1 1 (0, 255, 0, 127)");
    }

    @Test
    void aResumedRunSaysWhichStepsAreDoneAgain() throws IOException {
        EventFile.resume(folder, 7).close();
        assertThat(hex(records(onlyFile()).get(1))).endsWith("1007" + "3a020801");
    }

    @Test
    void twoFilesOfOneSecondHaveTwoNames() throws IOException {
        Clock clock = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
        EventFile.create(folder, clock).close();
        EventFile.create(folder, clock).close();
        assertThat(folder.toFile().list()).hasSize(2);
    }

    private Path onlyFile() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> all = files.toList();
            assertThat(all).hasSize(1);
            return all.get(0);
        }
    }

    /** Reads the records, and checks every length and checksum with code of its own. */
    private static List<byte[]> records(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> records = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = new byte[8];
            in.get(length);
            assertThat(unmasked(in.getInt())).isEqualTo(crc(length));
            byte[] message = new byte
                    [Math.toIntExact(ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong())];
            in.get(message);
            assertThat(unmasked(in.getInt())).isEqualTo(crc(message));
            records.add(message);
        }
        return records;
    }

    private static int unmasked(int masked) {
        return Integer.rotateLeft(masked - 0xa282ead8, 15);
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private static ByteBuffer le(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
