package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class StoredBytesTest {
    @TempDir
    Path folder;

    @Test
    void readsAcrossTheBordersOfSegments() throws IOException {
        byte[] content = new byte[1000];
        new Random(1).nextBytes(content);
        Path file = Files.write(folder.resolve("file"), content);
        for (int segmentBits : new int[] {0, 3, 5, 30}) {
            StoredBytes stored = StoredBytes.map(file, segmentBits);
            assertThat(stored.size()).isEqualTo(1000);
            for (int[] range : new int[][] {{0, 1000}, {7, 2}, {8, 8}, {31, 500}, {999, 1}, {1000, 0}}) {
                assertThat(stored.read(range[0], range[1]))
                        .isEqualTo(Arrays.copyOfRange(content, range[0], range[0] + range[1]));
            }
            assertThatThrownBy(() -> stored.read(999, 2)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> stored.read(-1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void filesOfMoreThanTwoGigabytesAreReadAnywhere() throws IOException {
        Path file = folder.resolve("large");
        long[] places = {(1L << 30) - 2, (1L << 31) - 2, (1L << 31) + (1L << 30) - 2};
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            for (int i = 0; i < places.length; i++) {
                channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3, (byte) i}), places[i]);
            }
        }
        StoredBytes stored = StoredBytes.map(file);
        assertThat(stored.size()).isEqualTo(places[2] + 4);
        for (int i = 0; i < places.length; i++) {
            assertThat(stored.read(places[i], 4)).containsExactly(1, 2, 3, i);
        }
        Files.delete(file);
    }

    @Test
    void emptyFilesAreFiles() throws IOException {
        StoredBytes stored = StoredBytes.map(Files.createFile(folder.resolve("empty")));
        assertThat(stored.size()).isZero();
        assertThat(stored.read(0, 0)).isEmpty();
        assertThat(stored.whole().remaining()).isZero();
    }

    /** Elsewhere a mapped file cannot be cut off. Java may throw a little later than the page is touched. */
    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void aFileThatIsCutOffWhileItIsReadDoesNotEndTheProcess() throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[1 << 20]);
        StoredBytes stored = StoredBytes.map(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(10);
        }
        FutureTask<byte[]> reading = new FutureTask<>(() -> {
            byte[] read = stored.read(1 << 19, 1 << 16);
            Thread.sleep(1);
            return read;
        });
        Thread thread = new Thread(reading);
        thread.start();
        assertThatThrownBy(reading::get).cause().isInstanceOfAny(IOException.class, InternalError.class);
        thread.join();
    }
}
