package io.contrast4j.eval;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Pictures found by their similarity. A query ranks all known pictures by cosine similarity; those of its class are relevant.
 * Its average precision is the mean over the relevant ranks r of (relevant ones up to r)/r.
 */
public final class Retrieval {
    private Retrieval() {}

    /**
     * What came of all queries that have a relevant picture, in percent; NaN if none has.
     *
     * @param meanAveragePrecision the mean of the average precisions
     * @param recall share of the queries with a relevant picture among the first k, for each k
     */
    public record Found(double meanAveragePrecision, List<Double> recall) {
        public Found {
            recall = List.copyOf(recall);
        }

        /** Both, one after the other. */
        public double[] percentages() {
            return DoubleStream.concat(
                            DoubleStream.of(meanAveragePrecision),
                            recall.stream().mapToDouble(value -> value))
                    .toArray();
        }
    }

    /**
     * Each query is searched for among the known pictures.
     *
     * @param first numbers k of first pictures, each at most the number of known pictures
     */
    public static Found among(Features known, Features queries, List<Integer> first) {
        Mean mean = new Mean(first);
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Similarities.between(
                    Tensors.unitRows(queries.values()),
                    Tensors.unitRows(known.values()),
                    (start, similarities) -> mean.add(
                            similarities, known.labels(), queries.labels().narrow(0, start, similarities.size(0)), 0));
        }
        return mean.found();
    }

    /** The same of pictures each of which is searched for among the others. */
    public static Found leaveOneOut(Features features, List<Integer> first) {
        Mean mean = new Mean(first);
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Similarities.within(
                    Tensors.unitRows(features.values()),
                    (start, similarities) -> mean.add(
                            similarities,
                            features.labels(),
                            features.labels().narrow(0, start, similarities.size(0)),
                            1));
        }
        return mean.found();
    }

    private static final class Mean {
        private final List<Integer> first;
        private final double[] hits;
        private double sum;
        private double queries;

        Mean(List<Integer> first) {
            this.first = first;
            this.hits = new double[first.size()];
        }

        /** @param last how many at the end of a ranking are out of question */
        void add(Tensor similarities, Tensor known, Tensor asked, int last) {
            Tensor order =
                    similarities.sort(new BoolOptional(true), 1, true).get1().narrow(1, 0, similarities.size(1) - last);
            Tensor relevant = known.index_select(0, order.reshape(-1))
                    .view(order.size(0), order.size(1))
                    .eq(asked.unsqueeze(1))
                    .to(ScalarType.Double);
            Tensor ranks = torch.arange(Tensors.scalar(1), Tensors.scalar(order.size(1) + 1.0))
                    .to(ScalarType.Double);
            Tensor precision = relevant.cumsum(1).div(Tensors.to(ranks, relevant.device()));
            Tensor count = relevant.sum(1);
            Tensor average = precision.mul(relevant).sum(1).div(count.clamp_min(Tensors.scalar(1)));
            sum += Tensors.scalar(average.sum());
            queries += Tensors.scalar(count.gt(Tensors.scalar(0)).sum());
            for (int i = 0; i < hits.length; i++) {
                Tensor among = relevant.narrow(1, 0, first.get(i)).sum(1);
                hits[i] += Tensors.scalar(among.gt(Tensors.scalar(0)).sum());
            }
        }

        Found found() {
            List<Double> recall = new ArrayList<>();
            for (double hit : hits) {
                recall.add(100 * hit / queries);
            }
            return new Found(100 * sum / queries, recall);
        }
    }
}
