package io.contrast4j.cli;

import io.contrast4j.eval.NeighbourVote;
import io.contrast4j.spec.Problems;
import java.util.List;

/**
 * How neighbours vote in {@code eval knn}.
 *
 * @param k numbers of neighbours, each judged by itself
 * @param temperature τ of the weights
 * @param metric what is near
 * @param votes how much a neighbour's vote counts
 * @param queries whose classes are asked for, and who may vote
 * @param known what votes for the training pictures
 */
record KnnProtocol(
        List<Integer> k,
        double temperature,
        NeighbourVote.Metric metric,
        NeighbourVote.Votes votes,
        Queries queries,
        Known known) {
    /** What votes. */
    enum Known {
        /** The features of the labelled training pictures. */
        FEATURES,
        /** The rows of the memory bank in the checkpoint, each with the label of its training picture. */
        BANK
    }

    public KnnProtocol {
        k = List.copyOf(k);
        new Problems()
                .require(
                        !k.isEmpty()
                                && k.stream().allMatch(count -> count >= 1)
                                && k.stream().distinct().count() == k.size(),
                        "k",
                        k,
                        "different whole numbers of at least 1")
                .above("temperature", temperature, 0)
                .require(
                        known == Known.FEATURES || queries == Queries.TEST,
                        "known",
                        "bank",
                        "features where knn.queries is not test, as a bank has rows for training pictures only")
                .raise();
    }
}
