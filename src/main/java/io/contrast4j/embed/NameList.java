package io.contrast4j.embed;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/** The names of pictures, one a line, in UTF-8; in a name {@code \n} and {@code \r} stand for line breaks, {@code \\} for a backslash. */
final class NameList implements EmbeddingFormat.Names {
    private final ChannelBuffer out;

    NameList(FileChannel channel) {
        this.out = new ChannelBuffer(channel);
    }

    @Override
    public void add(String name, float[] vector) throws IOException {
        out.bytes((escaped(name) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static String escaped(String name) {
        return name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    }

    void finish() throws IOException {
        out.flush();
    }
}
