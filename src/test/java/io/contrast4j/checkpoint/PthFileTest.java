package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PthFileTest {
    @TempDir
    Path folder;

    private Scope scope;

    @BeforeEach
    void openScope() {
        scope = Scope.open();
    }

    @AfterEach
    void closeScope() {
        scope.close();
    }

    @Test
    void plainValuesComeBackInTheirOrder() {
        Map<Object, Object> state = new LinkedHashMap<>();
        state.put(7L, "seven");
        state.put(0L, null);
        state.put(1L << 40, new Tuple(Arrays.asList(1L, null, new Tuple(List.of()))));
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("state", state);
        content.put("empty", new LinkedHashMap<>());
        content.put("ordered", new OrderedDict(state));
        content.put("texts", List.of("", "é漢字😀", "a\nb"));
        content.put(
                "numbers",
                Arrays.asList(0L, -1L, 1L << 31, Long.MIN_VALUE, BigInteger.ONE.shiftLeft(80), 0.1, -0.0, Double.NaN));
        content.put("truths", List.of(true, false));
        Path file = folder.resolve("plain.pth");

        PthFile.write(file, content);
        Map<?, ?> read = PthFile.readMap(file);

        assertThat(read).isEqualTo(content);
        assertThat(new ArrayList<Object>(read.keySet())).isEqualTo(new ArrayList<>(content.keySet()));
        assertThat(new ArrayList<Object>(((Map<?, ?>) read.get("state")).keySet()))
                .isEqualTo(new ArrayList<>(state.keySet()));
        assertThat(read.get("ordered")).isInstanceOf(OrderedDict.class);
        assertThat(read.get("state")).isNotInstanceOf(OrderedDict.class);
    }

    @ParameterizedTest
    @EnumSource(ElementType.class)
    void tensorsComeBackWhateverTheirLayout(ElementType type) {
        Tensor matrix = Tensors.of(new double[] {1, 0, 2, 3, 5, 100}, 2, 3).to(type.scalarType);
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("matrix", matrix);
        content.put("transposed", matrix.t());
        content.put("row", matrix.select(0, 1));
        content.put("expanded", matrix.select(1, 1).unsqueeze(1).expand(2, 4));
        content.put("scalar", matrix.select(0, 1).select(0, 2));
        content.put("empty", Tensors.zeros(type.scalarType, 3, 0, 2));
        Path file = folder.resolve("tensors.pth");

        PthFile.write(file, content);
        Map<?, ?> read = PthFile.readMap(file);

        content.forEach((name, saved) -> {
            Tensor tensor = (Tensor) read.get(name);
            assertThat(tensor.scalar_type().intern()).isEqualTo(type.scalarType);
            assertThat(bytes(tensor)).as(name).isEqualTo(bytes((Tensor) saved));
            assertThat(tensor.is_contiguous()).as(name).isTrue();
        });
    }

    /** Python maps records into memory with {@code mmap=True}, which needs their place to fit the elements. */
    @Test
    void recordsAreStoredAtMultiplesOf64Bytes() throws IOException {
        Path file = folder.resolve("aligned.pth");
        byte[] first = {11, 22, 33};
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("bytes", Tensors.of(new long[] {11, 22, 33}, 3).to(ScalarType.Byte));
        content.put("numbers", Tensors.of(new double[] {Math.PI, Math.E}, 2));
        PthFile.write(file, content);

        byte[] bytes = Files.readAllBytes(file);
        byte[] numbers = ByteBuffer.allocate(16)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .putDouble(Math.PI)
                .putDouble(Math.E)
                .array();
        assertThat(place(bytes, first) % 64).isZero();
        assertThat(place(bytes, numbers) % 64).isZero();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            assertThat(zip.stream().map(ZipEntry::getName))
                    .containsExactly(
                            "archive/data.pkl",
                            "archive/byteorder",
                            "archive/data/0",
                            "archive/data/1",
                            "archive/version");
            assertThat(zip.stream()).allMatch(entry -> entry.getMethod() == ZipEntry.STORED);
        }
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(smallFile());
        Path cut = folder.resolve("cut.pth");
        for (int length = 0; length < whole.length; length++) {
            Files.write(cut, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> PthFile.read(cut))
                    .as("%d of %d bytes", length, whole.length)
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining(cut.toString());
        }
    }

    /** A changed byte is refused; where nothing depends on it (a date, padding) the content is what was saved. */
    @Test
    void noChangedByteChangesTheContent() throws IOException {
        byte[] whole = Files.readAllBytes(smallFile());
        Path changed = folder.resolve("changed.pth");
        int refused = 0;
        for (int at = 0; at < whole.length; at++) {
            byte[] bytes = whole.clone();
            bytes[at] ^= 0x41;
            Files.write(changed, bytes);
            try (Scope inner = Scope.open()) {
                Map<?, ?> read = PthFile.readMap(changed);
                assertThat(Tensors.floats((Tensor) read.get("weight")))
                        .as("byte %d", at)
                        .containsExactly(1, 2, 3);
                assertThat(read.get("epoch")).as("byte %d", at).isEqualTo(5L);
            } catch (UserError expected) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(whole.length / 4);
    }

    @Test
    void aDamagedRecordIsNamed() throws IOException {
        byte[] whole = Files.readAllBytes(smallFile());
        byte[] one = ByteBuffer.allocate(4)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .putFloat(1)
                .array();
        whole[place(whole, one) + 3] ^= 1;
        Path damaged = Files.write(folder.resolve("damaged.pth"), whole);

        assertThatThrownBy(() -> PthFile.read(damaged))
                .isInstanceOf(UserError.class)
                .hasMessage(damaged + " is not a checkpoint that can be read (the checksum of its record"
                        + " archive/data/0 is wrong): fetch or write it again.");
    }

    @Test
    void filesOfAnotherKindAreRefusedWithTheReason() throws IOException {
        assertThatThrownBy(() -> PthFile.read(folder.resolve("absent.pth")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("absent.pth does not exist");
        refused("page.pth", "<html>not found</html>".getBytes(StandardCharsets.UTF_8), "no zip file, and no pickle");
        refused("empty.pth", new byte[0], "it is empty");
        refused("legacy.pth", new byte[] {(byte) 0x80, 2, (byte) 0x8a, 10}, "ends too early");
        refused("pickle.pkl", new byte[] {(byte) 0x80, 2, '}', '.'}, "none of torch.save");

        Path compressed = folder.resolve("compressed.pth");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(compressed))) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            zip.write(new byte[] {(byte) 0x80, 2, '}', '.'});
        }
        assertThatThrownBy(() -> PthFile.read(compressed)).hasMessageContaining("data.pkl is compressed");

        Path list = folder.resolve("list.pth");
        AtomicFile.write(list, channel -> {
            ZipRecords records = new ZipRecords(channel);
            records.add("a/data.pkl", new byte[] {(byte) 0x80, 2, ']', '.'});
            records.finish();
        });
        assertThat(PthFile.read(list)).isEqualTo(List.of());
        assertThatThrownBy(() -> PthFile.readMap(list)).hasMessageContaining("holds no dictionary");
    }

    @Test
    void recordsOfAnotherOrderOfBytesOrTwoTreesAreRefused() throws IOException {
        byte[] empty = {(byte) 0x80, 2, '}', '.'};
        Path big = folder.resolve("big.pth");
        AtomicFile.write(big, channel -> {
            ZipRecords records = new ZipRecords(channel);
            records.add("a/data.pkl", empty);
            records.add("a/byteorder", "big".getBytes(StandardCharsets.US_ASCII));
            records.finish();
        });
        assertThatThrownBy(() -> PthFile.read(big)).hasMessageContaining("not little-endian");

        Path two = folder.resolve("two.pth");
        AtomicFile.write(two, channel -> {
            ZipRecords records = new ZipRecords(channel);
            records.add("a/data.pkl", empty);
            records.add("b/data.pkl", empty);
            records.finish();
        });
        assertThatThrownBy(() -> PthFile.read(two)).hasMessageContaining("2 records named data.pkl");
    }

    /** A zip bomb whose records all show the same bytes. */
    @Test
    void recordsThatOverlapAreRefused() throws IOException {
        byte[] whole = Files.readAllBytes(smallFile());
        ByteBuffer zip = ByteBuffer.wrap(whole).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        byte[] name = "archive/data/0".getBytes(StandardCharsets.US_ASCII);
        int local = place(whole, name) - 30;
        // The record is made to reach to the directory, over the one behind it.
        for (int at = 0; at + 46 < whole.length; at++) {
            if (zip.getInt(at) == 0x02014b50 && zip.getInt(at + 42) == local) {
                int longer = zip.getInt(at + 24) + 20;
                zip.putInt(at + 20, longer).putInt(at + 24, longer);
            }
        }
        Path bomb = Files.write(folder.resolve("bomb.pth"), whole);
        assertThatThrownBy(() -> PthFile.list(bomb)).hasMessageContaining("overlaps another one");
    }

    /** As PyTorch writes what is larger than 4 GiB: the numbers of the directory in 64 bits. */
    @Test
    void directoriesOf64BitsAreRead() throws IOException {
        byte[] whole = Files.readAllBytes(smallFile());
        ByteBuffer zip = ByteBuffer.wrap(whole).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        int directory = zip.getInt(whole.length - 22 + 16);
        int count = zip.getShort(whole.length - 22 + 10);
        ByteBuffer large = ByteBuffer.allocate(2 * whole.length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        large.put(whole, 0, directory);
        for (int entry = 0, at = directory; entry < count; entry++) {
            int nameLength = zip.getShort(at + 28);
            int start = large.position();
            large.put(whole, at, 46 + nameLength);
            large.putInt(start + 20, -1).putInt(start + 24, -1).putInt(start + 42, -1);
            large.putShort(start + 30, (short) 28);
            long size = zip.getInt(at + 24);
            large.putShort((short) 1).putShort((short) 24);
            large.putLong(size).putLong(size).putLong(zip.getInt(at + 42));
            at += 46 + nameLength + zip.getShort(at + 30);
        }
        int end = large.position();
        large.putInt(0x06064b50)
                .putLong(44)
                .putShort((short) 45)
                .putShort((short) 45)
                .putInt(0)
                .putInt(0);
        large.putLong(count).putLong(count).putLong(end - directory).putLong(directory);
        large.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
        large.putInt(0x06054b50)
                .putInt(0)
                .putShort((short) -1)
                .putShort((short) -1)
                .putInt(-1)
                .putInt(-1);
        large.putShort((short) 0);
        Path file = Files.write(folder.resolve("large.pth"), Arrays.copyOf(large.array(), large.position()));

        Map<?, ?> read = PthFile.readMap(file);

        assertThat(Tensors.floats((Tensor) read.get("weight"))).containsExactly(1, 2, 3);
        assertThat(read.get("epoch")).isEqualTo(5L);
    }

    @Test
    void tiedWeightsAreWrittenOnceAndStayTied() throws IOException {
        Tensor weight = Tensors.zeros(ScalarType.Float, 100, 100);
        OrderedDict content = new OrderedDict();
        content.put("encoder", weight);
        content.put("decoder", weight.view(10_000));
        Path file = folder.resolve("tied.pth");

        PthFile.write(file, content);

        assertThat(Files.size(file)).isLessThan(45_000);
        Map<?, ?> read = PthFile.readMap(file);
        ((Tensor) read.get("encoder")).fill_(Tensors.scalar(3));
        assertThat(Tensors.floats((Tensor) read.get("decoder"))).containsOnly(3);
    }

    @Test
    void someTensorsCanBeReadAlone() {
        Path file = smallFile();
        TensorInfo weight = (TensorInfo) ((Map<?, ?>) PthFile.list(file).tree()).get("weight");
        assertThat(weight).hasToString("float32 3");
        assertThat(Tensors.floats(PthFile.load(file, Map.of("w", weight)).get("w")))
                .containsExactly(1, 2, 3);

        PthFile.write(file, Map.of("weight", Tensors.of(new float[] {1, 2}, 2)));
        assertThatThrownBy(() -> PthFile.load(file, Map.of("w", weight)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("it is not the file that was listed");
    }

    @Test
    void aFailedWriteLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = smallFile();
        byte[] before = Files.readAllBytes(file);

        assertThatThrownBy(() -> AtomicFile.write(file, channel -> {
                    channel.write(ByteBuffer.allocate(100));
                    throw new IOException("the disk is gone");
                }))
                .hasMessage("the disk is gone");

        assertThat(Files.readAllBytes(file)).isEqualTo(before);
        assertThat(folder.toFile().list()).containsExactly(file.getFileName().toString());
    }

    /** More than 2 GiB in one tensor: buffers, positions and sizes beyond an int. */
    @Test
    @Tag("slow")
    void aTensorMayBeLargerThanAJavaBuffer() {
        long size = (1L << 31) + 100;
        Tensor large = Tensors.empty(ScalarType.Byte, size).fill_(Tensors.scalar(7));
        large.narrow(0, size - 1, 1).fill_(Tensors.scalar(9));
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("large", large);
        content.put("after", Tensors.of(new float[] {1, 2}, 2));
        Path file = folder.resolve("large.pth");

        PthFile.write(file, content);
        Map<?, ?> read = PthFile.readMap(file);

        assertThat(((Tensor) read.get("large")).equal(large)).isTrue();
        assertThat(Tensors.floats((Tensor) read.get("after"))).containsExactly(1, 2);
    }

    private Path smallFile() {
        Path file = folder.resolve("small.pth");
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("weight", Tensors.of(new float[] {1, 2, 3}, 3));
        content.put("epoch", 5L);
        PthFile.write(file, content);
        return file;
    }

    private void refused(String name, byte[] content, String reason) throws IOException {
        Path file = Files.write(folder.resolve(name), content);
        assertThatThrownBy(() -> PthFile.read(file))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(name)
                .hasMessageContaining(reason);
    }

    /** The elements in a row; not all types can be compared by LibTorch. */
    static byte[] bytes(Tensor tensor) {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        try {
            TensorBytes.forEachPiece(tensor, piece -> {
                byte[] some = new byte[piece.remaining()];
                piece.get(some);
                out.writeBytes(some);
            });
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
        return out.toByteArray();
    }

    private static int place(byte[] in, byte[] what) {
        for (int at = 0; at + what.length <= in.length; at++) {
            if (Arrays.equals(in, at, at + what.length, what, 0, what.length)) {
                return at;
            }
        }
        throw new AssertionError("not found");
    }
}
