package io.contrast4j.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.checkpoint.SafeTensors;
import io.contrast4j.spec.UserError;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.flatbuf.Block;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written can be read again, number by number, by readers of the formats. */
class EmbeddingFormatTest {
    private static final int DIMENSION = 3;
    /** More than one batch of Arrow's, the last one not full. */
    private static final int ROWS = 2500;

    @TempDir
    Path folder;

    private static float[] row(int index) {
        return new float[] {index, -1f / (index + 1), index * 1e-20f};
    }

    private static String name(int index) {
        return index == 7 ? "ein \"Bild\", müde.jpg" : index + ".jpg";
    }

    @Test
    void aNameIsOneLine() throws IOException {
        Path out = folder.resolve("x.npy");
        List<String> names = List.of("a\nb.jpg", "a\\nb.jpg", "c\r.jpg");
        EmbeddingFormat.NPY.write(out, DIMENSION, target -> names.forEach(name -> target.add(name, row(1))));
        assertThat(Files.readAllLines(folder.resolve("x.files.txt")))
                .containsExactly("a\\nb.jpg", "a\\\\nb.jpg", "c\\r.jpg");

        // Vectors that are there already keep their names until others take their place.
        byte[] before = Files.readAllBytes(out);
        assertThatThrownBy(() -> EmbeddingFormat.NPY.write(out, DIMENSION, target -> {
                    target.add("other", row(2));
                    throw new IllegalStateException("broke off");
                }))
                .hasMessage("broke off");
        assertThat(out).hasBinaryContent(before);
        assertThat(Files.readAllLines(folder.resolve("x.files.txt"))).hasSize(3);
    }

    @Test
    void columnsOfATableMayHaveNames() throws IOException {
        Path out = folder.resolve("named.csv");
        List<String> classes = List.of("cat, tabby", "the \"best\"", "plain");
        EmbeddingFormat.CSV.write(out, DIMENSION, classes, target -> target.add("a.jpg", row(1)));
        assertThat(Files.readAllLines(out))
                .containsExactly("file,\"cat, tabby\",\"the \"\"best\"\"\",plain", "a.jpg,1.0,-0.5,1.0E-20");
    }

    /** A message of a thousand rows would not fit an array of Java's where they are wide. */
    @Test
    void wideRowsOfArrowComeInSmallerMessages() throws IOException {
        Path out = folder.resolve("wide.arrow");
        EmbeddingFormat.ARROW.write(out, 1 << 21, target -> {
            for (int i = 0; i < 3; i++) {
                target.add(name(i), new float[1 << 21]);
            }
        });
        ByteBuffer content = content(out);
        int end = content.capacity();
        int length = content.getInt(end - 10);
        Footer footer = Footer.getRootAsFooter(content.slice(end - 10 - length, length));
        assertThat(footer.recordBatchesLength()).isEqualTo(2);
    }

    private Path written(String file, int rows) {
        Path out = folder.resolve(file);
        EmbeddingFormat.of(out).write(out, DIMENSION, target -> {
            for (int i = 0; i < rows; i++) {
                target.add(name(i), row(i));
            }
        });
        return out;
    }

    private static ByteBuffer content(Path file) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void anArrayOfNumPy() throws IOException {
        ByteBuffer content = content(written("x.npy", ROWS));
        assertThat(content.get(0)).isEqualTo((byte) 0x93);
        int header = 10 + content.getShort(8);
        assertThat(header % 64).isZero();
        String text = new String(content.array(), 10, header - 10, StandardCharsets.US_ASCII);
        assertThat(text)
                .startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (2500, 3), }")
                .endsWith(" \n");
        content.position(header);
        for (int i = 0; i < ROWS; i++) {
            for (float expected : row(i)) {
                assertThat(content.getFloat()).isEqualTo(expected);
            }
        }
        assertThat(content.hasRemaining()).isFalse();
        List<String> names = Files.readAllLines(folder.resolve("x.files.txt"));
        assertThat(names).hasSize(ROWS).element(7).isEqualTo(name(7));
    }

    @Test
    void aTensorInSafetensors() throws IOException {
        Path file = written("x.safetensors", ROWS);
        try (Scope scope = Scope.open()) {
            Tensor tensor = SafeTensors.read(file).get("embeddings");
            assertThat(Tensors.shape(tensor)).containsExactly(ROWS, DIMENSION);
            assertThat(Tensors.floats(tensor.select(0, 1234))).isEqualTo(row(1234));
        }
        assertThat(Files.readAllLines(folder.resolve("x.files.txt"))).hasSize(ROWS);
    }

    @Test
    void aTable() throws IOException {
        try (CSVParser parser = CSVParser.parse(
                written("x.csv", 20),
                StandardCharsets.UTF_8,
                CSVFormat.DEFAULT
                        .builder()
                        .setHeader()
                        .setSkipHeaderRecord(true)
                        .get())) {
            assertThat(parser.getHeaderNames()).containsExactly("file", "v0", "v1", "v2");
            List<CSVRecord> records = parser.getRecords();
            assertThat(records).hasSize(20);
            assertThat(records.get(7).get(0)).isEqualTo(name(7));
            assertThat(Float.parseFloat(records.get(7).get("v2"))).isEqualTo(row(7)[2]);
        }
    }

    /** Apache Arrow's own reader has read such a file; it needs flags of the virtual machine that tests do without. */
    @Test
    void aFileOfArrow() throws IOException {
        ByteBuffer content = content(written("x.arrow", ROWS));
        int end = content.capacity();
        assertThat(new String(content.array(), end - 6, 6, StandardCharsets.US_ASCII))
                .isEqualTo("ARROW1");
        int length = content.getInt(end - 10);
        Footer footer = Footer.getRootAsFooter(content.slice(end - 10 - length, length));
        assertThat(footer.schema().fields(0).name()).isEqualTo("file");
        assertThat(footer.schema().fields(1).name()).isEqualTo("embedding");
        assertThat(footer.recordBatchesLength()).isEqualTo(3);
        List<String> names = new ArrayList<>();
        int row = 0;
        for (int batch = 0; batch < 3; batch++) {
            Block block = footer.recordBatches(batch);
            int at = (int) block.offset();
            assertThat(at % 8).isZero();
            assertThat(content.getInt(at)).isEqualTo(-1);
            RecordBatch columns = (RecordBatch) Message.getRootAsMessage(content.slice(at + 8, content.getInt(at + 4)))
                    .header(new RecordBatch());
            int body = at + block.metaDataLength();
            int offsets = body + (int) columns.buffers(1).offset();
            int text = body + (int) columns.buffers(2).offset();
            int numbers = body + (int) columns.buffers(5).offset();
            for (int i = 0; i < columns.length(); i++, row++) {
                int from = content.getInt(offsets + 4 * i);
                int to = content.getInt(offsets + 4 * i + 4);
                names.add(new String(content.array(), text + from, to - from, StandardCharsets.UTF_8));
                assertThat(content.getFloat(numbers + 4 * (DIMENSION * i + 1))).isEqualTo(row(row)[1]);
            }
        }
        assertThat(names).hasSize(ROWS).element(7).isEqualTo(name(7));
    }

    @Test
    void aFileThatCannotBeWrittenLeavesNothing() throws IOException {
        assertThatThrownBy(() -> EmbeddingFormat.of(folder.resolve("x.parquet")))
                .isInstanceOf(UserError.class)
                .hasMessageEndingWith("x.parquet must end in .npy, .csv, .safetensors, .arrow.");
        assertThatThrownBy(() -> written("none/x.csv", 1))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("none");
        Path out = folder.resolve("x.npy");
        assertThatThrownBy(() -> EmbeddingFormat.NPY.write(out, DIMENSION, target -> {
                    target.add("a", row(0));
                    throw new IllegalStateException("broke off");
                }))
                .hasMessage("broke off");
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }
}
