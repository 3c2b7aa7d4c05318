package io.contrast4j.eval;

import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
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
     * Mean average precision in percent, over the queries that have a relevant picture.
     *
     * @return NaN if none has
     */
    public static double meanAveragePrecision(Features known, Features queries) {
        Mean mean = new Mean();
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Similarities.between(
                    Tensors.unitRows(queries.values()),
                    Tensors.unitRows(known.values()),
                    (first, similarities) -> mean.add(
                            similarities, known.labels(), queries.labels().narrow(0, first, similarities.size(0)), 0));
        }
        return mean.percent();
    }

    /** The same of pictures each of which is searched for among the others. */
    public static double meanAveragePrecision(Features features) {
        Mean mean = new Mean();
        try (Scope scope = Scope.open();
                NoGrad noGrad = NoGrad.open()) {
            Similarities.within(
                    Tensors.unitRows(features.values()),
                    (first, similarities) -> mean.add(
                            similarities,
                            features.labels(),
                            features.labels().narrow(0, first, similarities.size(0)),
                            1));
        }
        return mean.percent();
    }

    private static final class Mean {
        private double sum;
        private double queries;

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
        }

        double percent() {
            return 100 * sum / queries;
        }
    }
}
