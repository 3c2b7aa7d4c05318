package io.contrast4j.embed;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.commons.csv.CSVFormat;

/** A table in UTF-8: {@code file,v0,v1,…}, or with the names of classes for {@code v0,v1,…}. Numbers are as short as they can be without loss. */
final class CsvSink implements EmbeddingFormat.Sink {
    private static final CSVFormat FORMAT =
            CSVFormat.DEFAULT.builder().setRecordSeparator("\n").get();

    private final ChannelBuffer out;

    /** @param columns names of the numbers, or none */
    CsvSink(FileChannel channel, int dimension, List<String> columns) throws IOException {
        this.out = new ChannelBuffer(channel);
        Object[] head = new Object[dimension + 1];
        head[0] = "file";
        for (int i = 0; i < dimension; i++) {
            head[i + 1] = columns.isEmpty() ? "v" + i : columns.get(i);
        }
        line(head);
    }

    @Override
    public void add(String name, float[] vector) throws IOException {
        Object[] row = new Object[vector.length + 1];
        row[0] = name;
        for (int i = 0; i < vector.length; i++) {
            row[i + 1] = vector[i];
        }
        line(row);
    }

    private void line(Object[] row) throws IOException {
        out.bytes((FORMAT.format(row) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void finish() throws IOException {
        out.flush();
    }
}
