package io.contrast4j.metrics;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
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
            events.scalar("train/loss", 1.5, 300);
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
