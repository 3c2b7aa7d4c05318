package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Arrays in pickles; those of real programs are read in {@code data.CifarTest}. */
class PickleFileTest {
    private static final String BLANK = "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\205U\1b\207R";

    private static String type(String code, String order) {
        return "cnumpy\ndtype\nU\2" + code + "K\0K\1\207R(K\3U\1" + order
                + "NNNJ\377\377\377\377J\377\377\377\377K\0tb";
    }

    /** A dictionary with an array {@code a} of the given state. */
    private static Map<?, ?> read(String shape, String type, boolean columns, String content) throws IOException {
        return PickleFile.readMap(pickle("}U\1a" + BLANK + "(K\1" + shape + type + (columns ? "\210" : "\211") + "U"
                + (char) content.length() + content + "tbs"));
    }

    private static ByteBuffer pickle(String program) {
        return ByteBuffer.wrap(("\200\2" + program + ".").getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void anArrayHasItsShapeAndItsElements() throws IOException {
        NumpyArray array = (NumpyArray)
                read("K\2K\3\206", type("i2", "<"), false, "a\0b\0c\0d\0e\0f\0").get("a");
        assertThat(array.type()).isEqualTo("i2");
        assertThat(array.shape()).containsExactly(2L, 3L);
        assertThat(array.bytes().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(array.bytes().getShort(8)).isEqualTo((short) 'e');
        assertThat(array.bytes().isReadOnly()).isTrue();
        NumpyArray big =
                (NumpyArray) read("K\1\205", type("i2", ">"), false, "\1\2").get("a");
        assertThat(big.bytes().getShort(0)).isEqualTo((short) 0x0102);
        NumpyArray empty =
                (NumpyArray) read("K\5K\0\206", type("u1", "|"), true, "").get("a");
        assertThat(empty.bytes().remaining()).isZero();
    }

    /** Element (i, j, k) stands at i + I·(j + J·k) there and at k + K·(j + J·i) here. */
    @Property(tries = 200)
    void fortransOrderBecomesThatOfRows(@ForAll @Size(3) List<@IntRange(min = 1, max = 4) Integer> shape)
            throws IOException {
        int rows = shape.get(0);
        int columns = shape.get(1);
        int depth = shape.get(2);
        StringBuilder content = new StringBuilder();
        for (int n = 0; n < rows * columns * depth; n++) {
            content.append((char) n).append((char) 0);
        }
        String sizes = String.format("K%cK%cK%c\207", rows, columns, depth);
        NumpyArray array = (NumpyArray)
                read(sizes, type("u2", "<"), true, content.toString()).get("a");
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                for (int k = 0; k < depth; k++) {
                    assertThat(array.bytes().getShort(2 * (k + depth * (j + columns * i))))
                            .isEqualTo((short) (i + rows * (j + columns * k)));
                }
            }
        }
    }

    @Test
    void longTextsShareTheMemoryOfThePickle() throws IOException {
        String text = "x".repeat(300);
        Object read = PickleFile.readMap(pickle("}U\1aT\54\1\0\0" + text + "s")).get("a");
        assertThat(read).isInstanceOfSatisfying(ByteBuffer.class, bytes -> {
            assertThat(bytes.remaining()).isEqualTo(300);
            assertThat(bytes.isReadOnly()).isTrue();
        });
    }

    @ParameterizedTest
    @CsvSource({
        "K\\2K\\2\\206, u1, abc",
        "K\\2\\205, u1, abc",
        "K\\2\\205, i2, abc",
        "J\\377\\377\\377\\377\\205, u1, a",
        "J\\377\\377\\377\\377J\\377\\377\\377\\377\\206, u1, a",
        "J\\377\\377\\377\\177J\\377\\377\\377\\177\\206, u1, a",
        "J\\377\\377\\377\\377K\\0\\206, u1, ''",
    })
    void shapesThatDoNotFitTheElementsAreRefused(String shape, String code, String content) {
        assertThatThrownBy(() -> read(unescape(shape), type(code, "|"), false, content))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("it has a numpy array of shape");
    }

    @Test
    void otherTypesAndOtherValuesAreRefused() {
        assertThatThrownBy(() -> read("K\1\205", type("O8", "|"), false, "12345678"))
                .hasMessage("it has a numpy array of type O8, which is not supported");
        assertThatThrownBy(() -> PickleFile.readMap(pickle("]"))).hasMessage("it holds no dictionary");
        assertThatThrownBy(() -> PickleFile.readMap(pickle("}U\1aK\1Qs"))).hasMessageContaining("no tuple");
        assertThatThrownBy(() -> PickleFile.readMap(pickle("}U\1aK\1\205Qs")))
                .hasMessage("it is a checkpoint and not plain data");
        assertThatThrownBy(() -> PickleFile.readMap(ByteBuffer.wrap(new byte[] {(byte) 0x80, 4, '}', '.'})))
                .hasMessage("its pickle is of protocol 4 and not 2");
    }

    private static String unescape(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != '\\') {
                out.append(text.charAt(i));
                continue;
            }
            int value = 0;
            while (i + 1 < text.length() && Character.digit(text.charAt(i + 1), 8) >= 0) {
                value = value * 8 + Character.digit(text.charAt(++i), 8);
            }
            out.append((char) value);
        }
        return out.toString();
    }
}
