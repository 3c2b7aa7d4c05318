package io.contrast4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SafeTensorsTest {
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

    @ParameterizedTest
    @EnumSource(value = ElementType.class, names = "COMPLEX128", mode = EnumSource.Mode.EXCLUDE)
    void everyTypeComesBackAsItWas(ElementType type) {
        // The bool of three elements comes first: the tensors after it must still be aligned.
        Map<String, Tensor> saved = new LinkedHashMap<>();
        saved.put("mask", Tensors.of(new long[] {1, 0, 1}, 3).to(ElementType.BOOL.scalarType));
        saved.put("values", Tensors.of(new double[] {1, 0, 2, 3, 5, 100}, 2, 3).to(type.scalarType));
        saved.put(
                "transposed",
                Tensors.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3).t().to(type.scalarType));
        saved.put("nothing", Tensors.zeros(type.scalarType, 0, 4));
        saved.put("scalar", Tensors.of(new long[] {1}).to(type.scalarType));
        Path file = folder.resolve("tensors.safetensors");

        SafeTensors.write(file, saved);
        Map<String, Tensor> read = SafeTensors.read(file);

        assertThat(read.keySet()).containsExactlyElementsOf(saved.keySet());
        read.forEach((name, tensor) -> {
            assertThat(tensor.scalar_type().intern())
                    .isEqualTo(saved.get(name).scalar_type().intern());
            assertThat(Tensors.shape(tensor)).isEqualTo(Tensors.shape(saved.get(name)));
            assertThat(PthFileTest.bytes(tensor)).as(name).isEqualTo(PthFileTest.bytes(saved.get(name)));
        });
        assertThat(folder).isDirectoryContaining("glob:**/tensors.safetensors");
        assertThat(folder.toFile().list()).hasSize(1);
    }

    @Test
    void readsBytesWrittenByHand() throws IOException {
        Path file = file(
                "{\"b\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[4,12]},"
                        + "\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
                ByteBuffer.allocate(12)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putFloat(-1.5f)
                        .putLong(-7));

        Map<String, Tensor> read = SafeTensors.read(file);

        assertThat(read.keySet()).containsExactly("b", "a");
        assertThat(Tensors.longs(read.get("b"))).containsExactly(-7);
        assertThat(Tensors.floats(read.get("a"))).containsExactly(-1.5f);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '#',
            value = {
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}}| 4 | needs 8 bytes",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}| 8 | take 4 bytes, but the file has 8",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}| 4 | take 8 bytes, but the file has 4",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}| 8 | begins at byte 4",
                "{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]},'b':{'dtype':'U8','shape':[4],'data_offsets':[2,6]}}"
                        + "| 6 | tensor b begins at byte 2",
                "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}}| 4 | no valid shape",
                "{'a':{'dtype':'F32','data_offsets':[0,4]}}| 4 | no valid shape",
                "{'a':{'dtype':'F32','shape':[4611686018427387904,4],'data_offsets':[0,0]}}| 0 | impossible shape",
                "{'a':{'dtype':'F32','shape':[0,4611686018427387904,4],'data_offsets':[0,0]}}| 0 | impossible shape",
                "{'a':{'dtype':'U8','shape':[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
                        + "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],'data_offsets':[0,1]}}"
                        + "| 1 | has 65 axes",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[-4,0]}}| 0 | data_offsets are [-4, 0]",
                "{'a':{'dtype':'Q7','shape':[1],'data_offsets':[0,4]}}| 4 | unknown dtype \"Q7\"",
                "{'a':{'dtype':'U8','shape':[0],'data_offsets':[0,0]},'a':{'dtype':'U8','shape':[0],'data_offsets':[0,0]}}"
                        + "| 0 | listed twice",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}| 4 | not the expected JSON",
                "['a'] | 4 | not the expected JSON",
                "{} {}| 0 | not the expected JSON",
            })
    void refusesAHeaderThatIsNotTrue(String header, int dataSize, String reason) throws IOException {
        Path file =
                file(header.replace('\'', '"'), ByteBuffer.allocate(dataSize).position(dataSize));

        assertThatThrownBy(() -> SafeTensors.read(file))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(reason);
    }

    @Test
    void refusesEveryTruncation() throws IOException {
        Path whole = folder.resolve("whole");
        SafeTensors.write(whole, Map.of("a", Tensors.of(new float[] {1, 2, 3}, 3)));
        byte[] bytes = Files.readAllBytes(whole);
        Path cut = folder.resolve("cut");
        for (int length = 0; length < bytes.length; length++) {
            Files.write(cut, java.util.Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> SafeTensors.read(cut))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining(cut.toString());
        }
    }

    @Test
    void namesAFileThatIsMissing() {
        assertThatThrownBy(() -> SafeTensors.read(folder.resolve("absent")))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("absent does not exist");
    }

    private Path file(String header, ByteBuffer data) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes =
                ByteBuffer.allocate(8 + text.length + data.flip().limit()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(text.length).put(text).put(data);
        return Files.write(folder.resolve("handmade.safetensors"), bytes.array());
    }
}
