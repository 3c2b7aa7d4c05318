package io.contrast4j.eval;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Classes by the votes of the k nearest known features, for several k at once. A class with more votes comes first, and of
 * those with equally many the one with the lower number; a class that nobody votes for is never right.
 *
 * @param metric what is near
 * @param votes how much a neighbour's vote counts
 * @param temperature τ of exponential votes
 */
public record NeighbourVote(Metric metric, Votes votes, double temperature) {
    /** What is near. */
    public enum Metric {
        /** A large cosine of the angle. */
        COSINE,
        /** A small Euclidean distance; a similarity is its negative then. */
        EUCLIDEAN,
        /** A large inner product of the features as they are. */
        INNER_PRODUCT
    }

    /** How much a neighbour's vote counts. */
    public enum Votes {
        /** exp(similarity/τ). */
        EXPONENTIAL,
        /** All the same. */
        UNIFORM
    }

    /** Classes among which the right one is looked for, besides the first. */
    private static final int FEW = 5;

    /**
     * What came of one k.
     *
     * @param top1 accuracy in percent
     * @param top5 per cent of the queries whose class is among the first five
     * @param perClass accuracy of the queries of each class; NaN of a class without any
     */
    public record Outcome(int k, double top1, double top5, List<Double> perClass) {
        public Outcome {
            perClass = List.copyOf(perClass);
        }
    }

    /**
     * Each query is classified by the known features.
     *
     * @param k numbers of neighbours, each at most the number of known features
     */
    public List<Outcome> among(Features known, Features queries, List<Integer> k, int classes) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Tensor asking = moved(queries.values(), known.values());
            Tensor table = moved(known.values(), known.values());
            Tally tally = new Tally(known.labels(), asking, queries.labels(), k, classes);
            NearestRows.among(asQueries(asking), asTable(table), Collections.max(k), tally::add);
            return tally.outcomes();
        }
    }

    /**
     * Each feature is classified by the others.
     *
     * @param k numbers of neighbours, each below the number of features
     */
    public List<Outcome> leaveOneOut(Features features, List<Integer> k, int classes) {
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Tensor moved = moved(features.values(), features.values());
            Tally tally = new Tally(features.labels(), moved, features.labels(), k, classes);
            NearestRows.amongOthers(asQueries(moved), asTable(moved), Collections.max(k), tally::add);
            return tally.outcomes();
        }
    }

    /**
     * For Euclidean distances, which stay the same, features with about the mean of the known ones as their origin. A distance
     * is computed as a difference of products: of features that lie close together and far from 0, float32 would leave nothing.
     */
    private Tensor moved(Tensor features, Tensor known) {
        if (metric != Metric.EUCLIDEAN) {
            return features;
        }
        Tensor mean = known.mean(new long[] {0}, true, null);
        double spread = Math.sqrt(Tensors.scalar(known.sub(mean).square().mean()));
        if (spread < Float.MIN_NORMAL) {
            return features;
        }
        // A multiple of a power of two: whole numbers stay whole, and distances that are equal stay equal.
        Scalar step = Tensors.scalar(Math.scalb(1.0, Math.getExponent(spread)));
        return features.sub(mean.div(step).round().mul(step));
    }

    /** Rows whose inner products with {@link #asTable} rank as the metric does. */
    private Tensor asQueries(Tensor features) {
        return switch (metric) {
            case COSINE -> Tensors.unitRows(features);
            case INNER_PRODUCT -> features;
            case EUCLIDEAN ->
                beside(features, Tensors.to(torch.ones_like(features.narrow(1, 0, 1)), features.device()));
        };
    }

    /** For Euclidean distances, −‖q − x‖²/2 = q·x − ‖x‖²/2 but for what a query has in common with itself. */
    private Tensor asTable(Tensor features) {
        return switch (metric) {
            case COSINE -> Tensors.unitRows(features);
            case INNER_PRODUCT -> features;
            case EUCLIDEAN -> beside(features, squares(features).div(Tensors.scalar(-2)));
        };
    }

    private static Tensor beside(Tensor left, Tensor right) {
        return torch.cat(new TensorVector(left, right), 1);
    }

    private static Tensor squares(Tensor features) {
        return features.square().sum(new long[] {1}, true, null);
    }

    /** exp(s/τ), relative to the first of each row, so that a low temperature does not overflow; the ranking is the same. */
    static Tensor exponential(Tensor similarities, double temperature) {
        return similarities
                .sub(similarities.narrow(1, 0, 1))
                .div(Tensors.scalar(temperature))
                .exp();
    }

    /** The votes for each class, B×C. */
    static Tensor summed(Tensor votes, Tensor rows, Tensor labels, int classes) {
        Tensor chosen = labels.index_select(0, rows.reshape(-1)).view(rows.size(0), rows.size(1));
        Tensor none = Tensors.zeros(votes.scalar_type().intern(), rows.size(0), classes);
        return Tensors.to(none, votes.device()).scatter_add_(1, chosen, votes);
    }

    /** Counts who was right. */
    private final class Tally {
        private final Tensor labels;
        private final Tensor queries;
        private final Tensor right;
        private final List<Integer> k;
        private final int classes;
        private final double[] first;
        private final double[] few;
        private final double[][] hits;
        private final double[] asked;

        /** @param right the classes of the queries */
        Tally(Tensor labels, Tensor queries, Tensor right, List<Integer> k, int classes) {
            this.labels = labels;
            this.queries = queries;
            this.right = right;
            this.k = k;
            this.classes = classes;
            this.first = new double[k.size()];
            this.few = new double[k.size()];
            this.hits = new double[k.size()][classes];
            this.asked = new double[classes];
        }

        void add(long start, NearestRows.Found found) {
            long rows = found.rows().size(0);
            Tensor weights = weights(start, found);
            Tensor targets = right.narrow(0, start, rows);
            long[] classOf = Tensors.longs(targets);
            for (long label : classOf) {
                asked[(int) label]++;
            }
            for (int i = 0; i < k.size(); i++) {
                Tensor scores =
                        summed(weights.narrow(1, 0, k.get(i)), found.rows().narrow(1, 0, k.get(i)), labels, classes);
                long[] places = Tensors.longs(Accuracy.places(scores, targets));
                double[] votes = Tensors.doubles(scores.gather(1, targets.unsqueeze(1)));
                for (int query = 0; query < rows; query++) {
                    boolean isVoted = votes[query] > 0;
                    if (isVoted && places[query] == 0) {
                        first[i]++;
                        hits[i][(int) classOf[query]]++;
                    }
                    if (isVoted && places[query] < FEW) {
                        few[i]++;
                    }
                }
            }
        }

        private Tensor weights(long start, NearestRows.Found found) {
            if (votes == Votes.UNIFORM) {
                return torch.ones_like(found.products());
            }
            Tensor similarities = found.products();
            if (metric == Metric.EUCLIDEAN) {
                Tensor asking = queries.narrow(0, start, similarities.size(0));
                similarities = squares(asking)
                        .sub(similarities.mul(Tensors.scalar(2)))
                        .clamp_min(Tensors.scalar(0))
                        .sqrt()
                        .neg();
            }
            return exponential(similarities.to(ScalarType.Double), temperature);
        }

        List<Outcome> outcomes() {
            double all = Arrays.stream(asked).sum();
            List<Outcome> outcomes = new ArrayList<>();
            for (int i = 0; i < k.size(); i++) {
                List<Double> perClass = new ArrayList<>();
                for (int label = 0; label < classes; label++) {
                    perClass.add(100 * hits[i][label] / asked[label]);
                }
                outcomes.add(new Outcome(k.get(i), 100 * first[i] / all, 100 * few[i] / all, perClass));
            }
            return outcomes;
        }
    }
}
