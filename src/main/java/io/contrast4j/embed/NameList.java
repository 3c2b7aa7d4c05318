package io.contrast4j.embed;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/** The names of pictures, one a line, in UTF-8; a line break in a name is written {@code \n}. */
final class NameList implements EmbeddingFormat.Names {
    private final ChannelBuffer out;

    NameList(FileChannel channel) {
        this.out = new ChannelBuffer(channel);
    }

    @Override
    public void add(String name, float[] vector) throws IOException {
        out.bytes((name.replace("\n", "\\n") + "\n").getBytes(StandardCharsets.UTF_8));
    }

    void finish() throws IOException {
        out.flush();
    }
}
