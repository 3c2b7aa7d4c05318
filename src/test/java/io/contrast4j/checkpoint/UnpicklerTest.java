package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Pickles written by hand. In the texts below {@code \n} ends a line of a GLOBAL, and other bytes are Latin-1 escapes;
 * {@code PROTO 2} is put before, and STOP after each.
 */
class UnpicklerTest {
    /** 12 float32 elements 0 … 11, under any key. */
    private final Unpickler.PersistentObjects storage = identity ->
            new StoredTensor(ElementType.FLOAT32, Tensors.of(new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 12));

    @Test
    void remembersValuesAndKeepsThemOne() throws DamagedFile {
        // [x, x] with x = [], by the memo
        List<?> list = (List<?>) load("]q\0(]q\1h\1e");
        assertThat(list).isEqualTo(List.of(List.of(), List.of()));
        assertThat(list.get(0)).isSameAs(list.get(1));
    }

    @Test
    void readsWhatNumpyAndArgparseLeaveInCheckpoints() throws DamagedFile {
        String type = "cnumpy\ndtype\nU\2f8K\0K\1\207Rq\0(K\3U\1<NNNJ\377\377\377\377J\377\377\377\377K\0tb";
        String bytes = "c_codecs\nencode\nX\11\0\0\0\0\0\0\0\0\0\303\270?U\6latin1\206R";
        // 0x3FF8000000000000 would be 1.5; here the highest byte but one is 0xF8 as the character ø.
        assertThat(load("cnumpy.core.multiarray\nscalar\n" + type + bytes + "\206R"))
                .isEqualTo(1.5);
        assertThat(load("cnumpy._core.multiarray\nscalar\nh\0".replace("h\0", type) + bytes + "\206R"))
                .isEqualTo(1.5);
        assertThat(load("cargparse\nNamespace\n)\201}U\2lrG?\360\0\0\0\0\0\0sb"))
                .isEqualTo(new Namespace(Map.of("lr", 1.0)));
        assertThat(load("ctorch\ndevice\nU\4cudaK\1\206R")).isEqualTo("cuda:1");
        assertThat(load("ctorch\nfloat16\n")).isEqualTo("torch.float16");
        assertThat(load("ctorch\nSize\nK\2K\3\206\205R")).isEqualTo(new Tuple(List.of(2L, 3L)));
    }

    @Test
    void tensorsOfOneStorageShareItsMemory() throws DamagedFile {
        try (Scope scope = Scope.open()) {
            StoredTensor one = (StoredTensor) storage.load(List.of());
            String view = "ctorch._utils\n_rebuild_tensor\n()QK\1K\2K\2\206K\1K\4\206tR";
            List<?> views = (List<?>) new Unpickler(pickle("](" + view + view + "e"), identity -> one).load();
            Tensor first = (Tensor) views.get(0);
            assertThat(Tensors.floats(first)).containsExactly(1, 5, 2, 6);
            first.fill_(Tensors.scalar(-1));
            assertThat(Tensors.floats((Tensor) views.get(1))).containsExactly(-1, -1, -1, -1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "K\\10, K\\3\\205, K\\1\\205", // offset 8, size 3, stride 1: elements 8, 9, 10
        "K\\0, K\\4K\\3\\206, K\\3K\\1\\206",
        "K\\14, K\\0\\205, K\\1\\205", // empty, at the end
        "K\\13, K\\3\\205, K\\0\\205", // the last element three times
        "K\\5, ), )", // a scalar
    })
    void acceptsViewsInsideTheStorage(String offset, String size, String stride) throws DamagedFile {
        try (Scope scope = Scope.open()) {
            assertThat(load(view(offset, size, stride))).isInstanceOf(Tensor.class);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "K\\12, K\\3\\205, K\\1\\205", // elements 10, 11, 12
        "K\\0, K\\4K\\3\\206, K\\4K\\1\\206",
        "K\\15, K\\0\\205, K\\1\\205",
        "K\\14, ), )",
        "J\\377\\377\\377\\377, K\\1\\205, K\\1\\205",
        "K\\0, J\\377\\377\\377\\377\\205, K\\1\\205",
        "K\\7, K\\3\\205, J\\377\\377\\377\\377\\205",
        "K\\0, K\\1\\205, K\\1K\\1\\206",
        "K\\0, \\212\\10\\0\\0\\0\\0\\2\\0\\0\\0\\212\\10\\0\\0\\0\\0\\2\\0\\0\\0\\206, K\\0K\\0\\206", // 2^66 elements
        "K\\0, K\\2\\205, \\212\\10\\377\\377\\377\\377\\377\\377\\377\\177\\205", // stride 2^63−1: no overflow
        "\\212\\10\\377\\377\\377\\377\\377\\377\\377\\177, K\\2\\205, K\\1\\205",
    })
    void refusesViewsOutsideTheStorage(String offset, String size, String stride) {
        try (Scope scope = Scope.open()) {
            assertThatThrownBy(() -> load(view(offset, size, stride)))
                    .isInstanceOf(DamagedFile.class)
                    .hasMessageContaining("a tensor of size");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cposix\\nsystem\\nU\\4true\\205R | posix.system, which is not plain data",
                "c__builtin__\\neval\\n | __builtin__.eval",
                "ctorch.serialization\\nos.system\\n | not plain data",
                "ctorch\\nx.FloatStorage\\n | not plain data",
                "carg\\nparse.Namespace\\n | not plain data",
                "cargparse\\nNamespace\\n)R | calls something that is no function",
                "ctorch\\nFloatStorage\\n)R | calls something that is no function",
                "ccollections\\nOrderedDict\\n)\\201 | no checkpoint needs",
                "cargparse\\nNamespace\\nK\\1\\205\\201 | no checkpoint needs",
                "i | instruction 0x69",
                "\\223 | instruction 0x93",
                "\\202\\1 | instruction 0x82",
                "K\\1K\\2K\\3s | no dictionary",
                "}K\\1s | takes more values",
                "s | takes more values",
                "](K\\1s | takes more values",
                "t | never began",
                "h\\7 | the value 7",
                "}]K\\1s | ArrayList as the key",
                "c__builtin__\\nset\\n]q\\0h\\0a\\205\\205R | wrong arguments",
                "c__builtin__\\nset\\n]]q\\0h\\0aa\\205R | ArrayList as the key of a dictionary or in a set",
                "K\\1K\\2a | no list",
                "]}b | state of an object that has none",
                "X\\377\\377\\377\\177abc | ends too early",
                "X\\377\\377\\377\\377abc | ends too early",
                "\\212\\377a | ends too early",
                "X\\2\\0\\0\\0\\303\\50 | not UTF-8",
                "ctorch._utils\\n_rebuild_tensor_v2\\n)R | wrong arguments",
                "ctorch._utils\\n_rebuild_parameter\\nK\\1\\205R | wrong arguments",
                "cnumpy\\ndtype\\nU\\2O8\\205R)b | wrong arguments",
                "K\\1Q | no tuple",
            })
    void refusesWhatNoCheckpointNeeds(String program, String reason) {
        assertThatThrownBy(() -> load(unescape(program)))
                .isInstanceOf(DamagedFile.class)
                .hasMessageContaining(reason);
    }

    @Test
    void unknownClassesBecomeInertRecords() throws DamagedFile {
        String name = "cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\n";
        PythonClass type = new PythonClass("pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint");
        assertThat(load("}" + name + "}s")).isEqualTo(Map.of(type, Map.of()));

        PythonObject called = (PythonObject) load(name + "K\1\205R}U\1aK\2sb");
        assertThat(called.type()).isEqualTo(type);
        assertThat(called.arguments()).isEqualTo(new Tuple(List.of(1L)));
        assertThat(called.state()).isEqualTo(Map.of("a", 2L));

        PythonObject made = (PythonObject) load("c__main__\nOptions\n)\201U\1aK\1sU\1bK\2s");
        assertThat(made.items()).isEqualTo(Map.of("a", 1L, "b", 2L));
        PythonObject list = (PythonObject) load("capex.amp\nScalers\n)\201K\1aK\2a");
        assertThat(list.elements()).isEqualTo(List.of(1L, 2L));
        assertThat(load("cpathlib\nPosixPath\n(U\1/U\4dataU\1xtR")).isEqualTo("/data/x");
        assertThat(load("ccollections\nCounter\n}K\3K\1s\205R")).isEqualTo(Map.of(3L, 1L));
    }

    /** Nothing would be executed; but such a file is no checkpoint, and whoever reads it should know. */
    @ParameterizedTest
    @CsvSource({
        "posix, system",
        "os, System",
        "subprocess, Popen",
        "builtins, eval",
        "__builtin__, Getattr",
        "torch.nn.modules.linear, Linear",
        "torch.hub, Load",
        "numpy.testing, Tester",
        "mypackage.tools, run",
        "mypackage.tools, Tools.run",
        "my package, Tools",
        "'', Tools",
    })
    void namesThatNoCheckpointNeedsAreRefused(String module, String name) {
        assertThatThrownBy(() -> load("c" + module + "\n" + name + "\n"))
                .isInstanceOf(DamagedFile.class)
                .hasMessageContaining(module + "." + name);
    }

    /** Work that would grow faster than the pickle. */
    @Test
    void quadraticWorkAndEndlessRepetitionAreRefused() throws DamagedFile {
        String doubled = "]K\1a" + "q\0](h\0h\0e".repeat(60);
        Object laughs = load(doubled);
        assertThatThrownBy(() -> TreeBounds.check(laughs)).hasMessageContaining("repeat each other without end");
        Object itself = load("]q\0h\0a");
        assertThatThrownBy(() -> TreeBounds.check(itself)).hasMessageContaining("contains itself");
        Object deep = load("]".repeat(1000) + "a".repeat(999));
        assertThatThrownBy(() -> TreeBounds.check(deep)).hasMessageContaining("nested more than");
        TreeBounds.check(load("]".repeat(400) + "a".repeat(399)));

        assertThatThrownBy(() -> load("}" + "(" + "K\1".repeat(80) + "t" + "K\1s"))
                .hasMessageContaining("as the key");
        String type = "cnumpy\ndtype\nU\2f8K\0K\1\207R";
        assertThatThrownBy(() -> load(type + "q\1q\2q\3q\4q\5q\6q\7q\10q\11"))
                .hasMessageContaining("unfinished object too often");
    }

    @Test
    void deepNestingNeedsNoStack() throws DamagedFile {
        assertThat(load("]".repeat(100_000) + "a".repeat(99_999))).isInstanceOf(List.class);
        String deepKey = "}" + ")".repeat(1) + "\205".repeat(100_000) + "K\1s";
        assertThatThrownBy(() -> load(deepKey)).isInstanceOf(DamagedFile.class);
    }

    /** Any bytes are either read or refused in the same way: no other exception, no endless loop. */
    @Property(tries = 3000)
    void garbageIsReadOrRefused(@ForAll @Size(max = 60) byte[] garbage, @ForAll long seed) {
        RandomGenerator random = new java.util.SplittableRandom(seed);
        byte[] opcodes = "NKMJGXUT}])(t\205\206\207aesuqrhjcQR\201b.\210\211\212".getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer pickle = ByteBuffer.allocate(2 * garbage.length + 3);
        pickle.put((byte) 0x80).put((byte) 2);
        for (byte noise : garbage) {
            pickle.put(opcodes[random.nextInt(opcodes.length)]);
            if (noise > 60) {
                pickle.put(noise);
            }
        }
        pickle.flip();
        try (Scope scope = Scope.open()) {
            new Unpickler(pickle, storage).load();
        } catch (DamagedFile expected) {
            assertThat(expected.getMessage()).isNotBlank();
        }
    }

    private Object load(String program) throws DamagedFile {
        return new Unpickler(pickle(program), storage).load();
    }

    private static ByteBuffer pickle(String program) {
        return ByteBuffer.wrap(("\200\2" + program + ".").getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String view(String offset, String size, String stride) {
        return unescape("ctorch._utils\\n_rebuild_tensor_v2\\n()Q" + offset + size + stride + "\\211}tR");
    }

    /** Octal escapes and \n, which an annotation's CSV cannot hold itself. */
    private static String unescape(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != '\\') {
                out.append(text.charAt(i));
            } else if (text.charAt(i + 1) == 'n') {
                out.append('\n');
                i++;
            } else {
                int value = 0;
                int digits = 0;
                while (digits < 3 && i + 1 < text.length() && Character.digit(text.charAt(i + 1), 8) >= 0) {
                    value = value * 8 + Character.digit(text.charAt(++i), 8);
                    digits++;
                }
                out.append((char) value);
            }
        }
        return out.toString();
    }
}
