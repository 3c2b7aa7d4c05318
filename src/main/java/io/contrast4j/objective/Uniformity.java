package io.contrast4j.objective;

import io.contrast4j.spec.Problems;
import io.contrast4j.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Uniformity: log of the mean of exp(−t·‖x − y‖²) over pairs of features that should be spread (Wang and Isola, 2020). It
 * is 0 where all features coincide, and the lower the better they are spread.
 *
 * @param t above 0
 */
public record Uniformity(double t) {
    public Uniformity {
        new Problems().above("t", t, 0).raise();
    }

    /**
     * Over the pairs i &lt; j of features of any length. A single row has no pairs, and the mean over none is NaN.
     *
     * @param x N×D
     */
    public Tensor of(Tensor x) {
        Tensor squares = torch.pdist(Tensors.wide(x), 2).square();
        return squares.mul(Tensors.scalar(-t))
                .logsumexp(new long[] {0}, false)
                .sub(Tensors.scalar(Math.log(squares.size(0))));
    }

    /** Similarities of unit rows, some of which count. */
    private record Pairs(Tensor similarities, Optional<Tensor> kept, Tensor count) {}

    /**
     * One mean over all pairs of anchor and negative and, where it is given, over the pairs i &lt; j of a batch.
     *
     * @param negatives N×K similarities
     * @param kept N×K of booleans, those that count; empty for all
     * @param batch N×N similarities of unit rows; empty for none
     */
    public Tensor ofSimilarities(Tensor negatives, Optional<Tensor> kept, Optional<Tensor> batch) {
        List<Pairs> pooled = new ArrayList<>();
        Tensor all = kept.map(Tensor::sum).orElseGet(() -> number(negatives, negatives.numel()));
        pooled.add(new Pairs(negatives, kept, all));
        batch.filter(rows -> rows.size(0) > 1).ifPresent(rows -> pooled.add(pairs(rows)));
        return logMean(pooled);
    }

    /**
     * Over the pairs i &lt; j of a batch.
     *
     * @param batch N×N similarities of unit rows
     */
    public Tensor ofSimilarities(Tensor batch) {
        return logMean(List.of(pairs(batch)));
    }

    private static Pairs pairs(Tensor batch) {
        long n = batch.size(0);
        Tensor upper = batch.new_ones(n, n).triu(1).ne(Tensors.scalar(0));
        return new Pairs(batch, Optional.of(upper), number(batch, n * (n - 1) / 2));
    }

    private static Tensor number(Tensor like, long value) {
        return like.new_full(new long[0], Tensors.scalar(value));
    }

    private Tensor logMean(List<Pairs> pooled) {
        Tensor sum = logSum(pooled.get(0));
        Tensor count = pooled.get(0).count();
        for (Pairs more : pooled.subList(1, pooled.size())) {
            sum = sum.logaddexp(logSum(more));
            count = count.add(more.count());
        }
        return sum.sub(count.to(sum.scalar_type().intern()).log());
    }

    /** log Σ exp(−t·(2 − 2·s)). */
    private Tensor logSum(Pairs pairs) {
        Tensor exponents = pairs.similarities().mul(Tensors.scalar(2 * t));
        if (pairs.kept().isPresent()) {
            exponents =
                    exponents.masked_fill(pairs.kept().get().logical_not(), Tensors.scalar(Double.NEGATIVE_INFINITY));
        }
        return exponents.reshape(-1).logsumexp(new long[] {0}, false).sub(Tensors.scalar(2 * t));
    }
}
