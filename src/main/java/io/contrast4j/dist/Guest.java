package io.contrast4j.dist;

import java.io.IOException;
import java.util.Map;

/**
 * What a process says when it comes to the others.
 *
 * @param agreed keys and values that must be those of all
 */
record Guest(int rank, int size, String host, Map<String, String> agreed) {
    /** What is agreed on under this name is which job a process belongs to: who is of another has come to the wrong place. */
    static final String JOB = "the job";

    /** Empty if nothing has said it. */
    String job() {
        return agreed.getOrDefault(JOB, "");
    }

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
