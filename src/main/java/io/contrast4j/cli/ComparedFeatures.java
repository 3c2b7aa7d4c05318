package io.contrast4j.cli;

import io.contrast4j.eval.Features;
import java.util.List;
import java.util.Optional;

/**
 * Features that are compared with each other, for each output of a model.
 *
 * @param known what queries are compared with; none where each is compared with the others
 * @param queries as many
 */
record ComparedFeatures(Optional<List<Features>> known, List<Features> queries) implements AutoCloseable {
    /** Those of one output; {@code known} is empty where each query is compared with the others. */
    record Pair(Optional<Features> known, Features queries) {}

    Pair of(int output) {
        return new Pair(known.map(all -> all.get(output)), queries.get(output));
    }

    @Override
    public void close() {
        known.ifPresent(all -> all.forEach(Features::close));
        queries.forEach(Features::close);
    }
}
