package io.contrast4j.data;

import static io.contrast4j.data.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.image.CorruptImage;
import io.contrast4j.image.Mats;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The format is read here once more, from {@code docs/pack-format.md} and not with the code that is tested. */
class PackedTest implements DatasetKit {
    private static final int THREADS = 4;

    @TempDir
    Path root;

    private Path source = Path.of("");
    private Path pack = Path.of("");

    @BeforeEach
    void write() {
        source = root.resolve("source");
        pack = root.resolve("train.pack");
        Pictures.write(source.resolve("dog/x.png"), 9, 7, 1);
        Pictures.write(source.resolve("dog/deep/y.jpg"), 30, 20, 2);
        Pictures.write(source.resolve("größe/z.bmp"), 5, 5, 3);
        Pictures.write(source.resolve("ant/1.png"), 40, 60, 4);
        PackWriter.write(ImageFolder.open(source), pack, (pictures, bytes) -> {});
    }

    @Override
    public Dataset open() {
        return Packed.open(pack);
    }

    @Test
    void thePackIsTheFolder() throws IOException {
        ImageFolder folder = ImageFolder.open(source);
        Packed packed = Packed.open(pack);
        assertThat(packed.classes()).isEqualTo(folder.classes()).containsExactly("ant", "dog", "größe");
        assertThat(packed.size()).isEqualTo(folder.size()).isEqualTo(4);
        for (int i = 0; i < folder.size(); i++) {
            assertThat(packed.encoded(i)).isEqualTo(Files.readAllBytes(folder.file(i)));
            assertThat(packed.label(i)).isEqualTo(folder.label(i));
            assertThat(packed.describe(i)).isEqualTo(pack + ": " + source.relativize(folder.file(i)));
            try (Scope scope = Scope.open()) {
                assertThat(Mats.bytes(packed.read(i).rgb()))
                        .isEqualTo(Mats.bytes(folder.read(i).rgb()));
            }
        }
    }

    @Test
    void theFileIsAsItsDescriptionSays() throws IOException {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(pack)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[8];
        file.get(magic);
        assertThat(magic).isEqualTo(new byte[] {(byte) 0x89, 0x43, 0x34, 0x4A, 0x50, 0x0D, 0x0A, 0x1A});
        assertThat(file.getInt(8)).as("version").isEqualTo(1);
        assertThat(file.getInt(12)).as("classes").isEqualTo(3);
        assertThat(file.getLong(16)).as("samples").isEqualTo(4);
        int index = (int) file.getLong(24);
        assertThat(file.getLong(32)).as("bytes of the index").isEqualTo(file.capacity() - index);
        assertThat(file.getLong(40)).as("bytes of the file").isEqualTo(file.capacity());
        assertThat(file.getInt(48)).as("sum of the index").isEqualTo(sum(file, index, file.capacity()));
        assertThat(file.getInt(52)).as("sum of the header").isEqualTo(sum(file, 0, 52));
        assertThat(file.getLong(56)).isZero();

        ImageFolder folder = ImageFolder.open(source);
        int names = index + 4 * 32;
        int at = names;
        for (String name : folder.classes()) {
            byte[] text = name.getBytes(StandardCharsets.UTF_8);
            assertThat(file.getInt(at)).isEqualTo(text.length);
            assertThat(Arrays.copyOfRange(file.array(), at + 4, at + 4 + text.length))
                    .isEqualTo(text);
            at += 4 + text.length;
        }
        long next = 64;
        for (int i = 0; i < 4; i++) {
            int entry = index + 32 * i;
            byte[] content = Files.readAllBytes(folder.file(i));
            assertThat(file.getLong(entry)).isEqualTo(next);
            assertThat(file.getInt(entry + 16)).isEqualTo(content.length);
            assertThat(file.getInt(entry + 24)).isEqualTo(folder.label(i));
            assertThat(file.getInt(entry + 28)).isEqualTo(sum(ByteBuffer.wrap(content), 0, content.length));
            int name = names + (int) file.getLong(entry + 8);
            assertThat(new String(file.array(), name, file.getInt(entry + 20), StandardCharsets.UTF_8))
                    .isEqualTo(source.relativize(folder.file(i)).toString().replace('\\', '/'));
            next += content.length;
        }
        assertThat(next).isEqualTo(index);
    }

    private static int sum(ByteBuffer file, int start, int end) {
        CRC32C sum = new CRC32C();
        sum.update(file.array(), start, end - start);
        return (int) sum.getValue();
    }

    @Test
    void packingTellsHowFarItIs() throws IOException {
        List<String> told = new ArrayList<>();
        ImageFolder folder = ImageFolder.open(source);
        PackWriter.write(folder, pack, (pictures, bytes) -> told.add(pictures + " " + bytes));
        long bytes = 0;
        for (int i = 0; i < 4; i++) {
            bytes += Files.size(folder.file(i));
        }
        assertThat(told).hasSize(4).last().isEqualTo("4 " + bytes);
    }

    @Test
    void aClassListIsKept() throws IOException {
        Path list = Files.writeString(root.resolve("list.txt"), "emu größe dog");
        PackWriter.write(
                ImageFolder.open(
                        source,
                        new ImageFolder.Choice(Optional.of(list.toString()), Optional.of("*"), Optional.empty())),
                pack,
                (pictures, bytes) -> {});
        Packed packed = Packed.open(pack);
        assertThat(packed.classes()).containsExactly("emu", "größe", "dog");
        assertThat(IntStream.range(0, packed.size()).map(packed::label).toArray())
                .containsExactly(1, 2);
    }

    @Test
    void threadsReadAtOnce() throws Exception {
        for (int i = 0; i < 60; i++) {
            Pictures.write(source.resolve("ant/many" + i + ".png"), 20 + i, 30, i);
        }
        ImageFolder folder = ImageFolder.open(source);
        PackWriter.write(folder, pack, (pictures, bytes) -> {});
        Packed packed = Packed.open(pack);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                int start = t * 17;
                all.add(threads.submit(() -> {
                    for (int k = 0; k < 2 * packed.size(); k++) {
                        int i = (start + k) % packed.size();
                        assertThat(packed.encoded(i)).isEqualTo(Files.readAllBytes(folder.file(i)));
                        try (Scope scope = Scope.open()) {
                            assertThat(packed.read(i).rgb().empty()).isFalse();
                        }
                        assertThat(packed.describe(i))
                                .endsWith(folder.file(i).getFileName().toString());
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void everyFlippedByteIsNoticedWhereItMatters() throws IOException {
        byte[] good = Files.readAllBytes(pack);
        long index = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong(24);
        Packed packed = Packed.open(pack);
        long[] starts = new long[packed.size() + 1];
        starts[0] = 64;
        for (int i = 0; i < packed.size(); i++) {
            starts[i + 1] = starts[i] + packed.encoded(i).length;
        }
        for (int at = 0; at < good.length; at += at < 64 || at >= index ? 1 : 97) {
            if (at >= 56 && at < 64) {
                continue; // not used
            }
            byte[] bad = good.clone();
            bad[at] ^= 0x10;
            Files.write(pack, bad);
            if (at < 64 || at >= index) {
                assertThatThrownBy(() -> Packed.open(pack)).as("byte %d", at).isInstanceOf(UserError.class);
                continue;
            }
            Packed damaged = Packed.open(pack);
            for (int i = 0; i < damaged.size(); i++) {
                int sample = i;
                if (at >= starts[i] && at < starts[i + 1]) {
                    assertThatThrownBy(() -> damaged.read(sample))
                            .isInstanceOf(CorruptImage.class)
                            .hasMessage(damaged.describe(i) + ": its checksum is wrong: it is not what was packed");
                } else {
                    assertThat(damaged.encoded(i)).isNotEmpty();
                }
            }
        }
    }

    private void refused(String reason) {
        assertRefused(
                () -> Packed.open(pack),
                pack + " is not a pack that can be read: " + reason + "; write it again with data pack.");
    }

    @Test
    void filesThatAreNoPackAreRefused() throws IOException {
        byte[] good = Files.readAllBytes(pack);
        Archives.cut(pack, good.length - 1);
        refused("it has " + (good.length - 1) + " bytes and was written with " + good.length);
        Archives.cut(pack, 63);
        refused("it has only 63 bytes");
        Files.write(pack, new byte[100]);
        refused("it does not begin as one");
        byte[] changed = good.clone();
        changed[8] = 2;
        Files.write(pack, changed);
        refused("it is of version 2, and only version 1 is known");
        changed = good.clone();
        changed[16]++;
        Files.write(pack, changed);
        refused("its header is damaged");
        changed = good.clone();
        changed[good.length - 1]++;
        Files.write(pack, changed);
        refused("its index is damaged");
    }

    /** Sums protect from accidents; a file made to mislead must not lead outside of it either. */
    @Test
    void contradictionsAreRefusedEvenWithRightSums() throws IOException {
        byte[] good = Files.readAllBytes(pack);
        int index = (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong(24);
        int names = index + 4 * 32;
        forged(good, names, file -> file.putInt(names, Integer.MAX_VALUE), "its index contradicts itself");
        forged(good, names, file -> file.putInt(names, -1), "its index contradicts itself");
        forged(good, names, file -> file.putLong(index, 63), "its index contradicts itself");
        forged(good, names, file -> file.putLong(index, Long.MAX_VALUE), "its index contradicts itself");
        forged(good, names, file -> file.putInt(index + 16, index), "its index contradicts itself");
        forged(good, names, file -> file.putInt(index + 16, -1), "its index contradicts itself");
        forged(good, names, file -> file.putLong(index + 8, -5), "its index contradicts itself");
        forged(good, names, file -> file.putInt(index + 20, 1 << 20), "its index contradicts itself");
        forged(good, names, file -> file.putInt(index + 24, 3), "its index contradicts itself");
        forged(good, names, file -> file.putInt(index + 24, -1), "its index contradicts itself");
        forged(good, names, file -> file.putInt(12, 0), "its header contradicts itself");
        forged(good, names, file -> file.putInt(12, 1000), "its index contradicts itself");
        forged(good, names, file -> file.putLong(16, 1L << 32), "its header contradicts itself");
        forged(good, names, file -> file.putLong(16, 1000), "its header contradicts itself");
        forged(good, names, file -> file.putLong(24, index - 1), "its header contradicts itself");
        forged(good, names, file -> file.putLong(24, Long.MIN_VALUE), "its header contradicts itself");
    }

    private interface Forgery {
        void change(ByteBuffer file);
    }

    private void forged(byte[] good, int names, Forgery forgery, String reason) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(good.clone()).order(ByteOrder.LITTLE_ENDIAN);
        forgery.change(file);
        file.putInt(48, sum(file, names - 4 * 32, file.capacity()));
        file.putInt(52, sum(file, 0, 52));
        Files.write(pack, file.array());
        refused(reason);
    }

    @Test
    void aPackThatCannotBeWrittenLeavesTheOldOne() throws IOException {
        byte[] old = Files.readAllBytes(pack);
        ImageFolder folder = ImageFolder.open(source);
        Files.delete(source.resolve("größe/z.bmp"));
        assertThatThrownBy(() -> PackWriter.write(folder, pack, (pictures, bytes) -> {}))
                .isInstanceOf(UserError.class)
                .hasMessageStartingWith("Cannot read " + source.resolve("größe/z.bmp") + " (")
                .hasMessageEndingWith("; repair or remove it, and pack again.");
        assertThat(Files.readAllBytes(pack)).isEqualTo(old);
        assertThat(root.resolve("train.pack.part")).doesNotExist();
        Path nowhere = root.resolve("none/x.pack");
        assertThatThrownBy(() -> PackWriter.write(folder, nowhere, (pictures, bytes) -> {}))
                .isInstanceOf(UserError.class)
                .hasMessage("The pack " + nowhere + " could not be written (the folder " + nowhere.getParent()
                        + " is not there): check the folder"
                        + " and its permissions.");
    }

    @Test
    void bothPacksMustHaveTheSameClasses() throws IOException {
        Path other = root.resolve("val.pack");
        Packed.Config config = new Packed.Config(pack, other, Optional.of(6));
        assertThat(config.missing().found()).hasToString("[test = " + other + " must be a file that is there]");
        Files.copy(pack, other);
        assertThat(config.missing().found()).isEmpty();
        assertThat(config.openTest().size()).isEqualTo(4);
        try (Scope scope = Scope.open()) {
            assertThat(config.openTrain().read(0).rgb().cols()).as("scaled").isEqualTo(9);
        }
        Pictures.write(source.resolve("emu/1.png"), 4, 4, 1);
        PackWriter.write(ImageFolder.open(source), other, (pictures, bytes) -> {});
        assertRefused(
                config::openTest,
                "The classes of " + other + " differ from those of " + pack
                        + "; pack folders with the same class folders, or with the same class list.");
    }
}
