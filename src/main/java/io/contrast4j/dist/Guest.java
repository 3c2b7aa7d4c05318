package io.contrast4j.dist;

import java.io.IOException;
import java.util.Map;

/**
 * What a process says when it comes to the others.
 *
 * @param agreed keys and values that must be those of all
 */
record Guest(int rank, int size, String host, Map<String, String> agreed) {
    void write(Wire wire) throws IOException {
        wire.send(rank);
        wire.send(size);
        wire.send(host);
        wire.send(agreed);
    }

    static Guest read(Wire wire) throws IOException {
        return new Guest(wire.number(), wire.number(), wire.text(), wire.table());
    }
}
