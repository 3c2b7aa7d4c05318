package io.contrast4j.cli;

import io.contrast4j.spec.Problems;
import java.util.List;

/**
 * What is searched for in {@code eval retrieval}.
 *
 * @param recallAt numbers of the first pictures among which one of the class is looked for
 * @param queries what is searched for, and among what
 */
record RetrievalProtocol(List<Integer> recallAt, Queries queries) {
    public RetrievalProtocol {
        recallAt = List.copyOf(recallAt);
        new Problems()
                .require(
                        recallAt.stream().allMatch(count -> count >= 1)
                                && recallAt.stream().distinct().count() == recallAt.size(),
                        "recallAt",
                        recallAt,
                        "different whole numbers of at least 1")
                .raise();
    }
}
