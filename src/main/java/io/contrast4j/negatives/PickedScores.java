package io.contrast4j.negatives;

import io.contrast4j.tensor.CustomGradient;
import io.contrast4j.tensor.Operator;
import io.contrast4j.tensor.RowProducts;
import io.contrast4j.tensor.Scope;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Inner products of each feature with rows of a table that were picked for it, s_ik = ⟨x_i, M_{p_ik}⟩, and their gradient
 * dL/dx_i = Σ_k g_ik·M_{p_ik}, without the N×K×D table of the picked rows.
 *
 * <p>There are three ways, equal but for rounding. For a table of not many more rows than are picked, the product with
 * all rows, N×n, of which the picked entries are taken. Else, on a CPU, LibTorch's kernels for bags of embeddings, which
 * read a row and use it at once. Else a few columns k at a time.
 */
enum PickedScores {
    /** The product with all rows. */
    PRODUCT {
        @Override
        Tensor of(Tensor features, Tensor rows, Tensor picked) {
            try (Tensor product = RowProducts.of(features, rows)) { // not for the whole step: it is large
                return product.gather(1, picked);
            }
        }
    },
    /** Bags of embeddings: of each feature's bag only the inner products with the feature, then their weighted sum. */
    BAGS {
        @Override
        Tensor of(Tensor features, Tensor rows, Tensor picked) {
            long n = picked.size(0);
            long k = picked.size(1);
            Tensor entries = picked.reshape(-1);
            Tensor bags = torch.arange(new Scalar(n)).to(ScalarType.Long);
            Tensor starts = bags.mul(new Scalar(k));
            return CustomGradient.of(
                    features,
                    () -> {
                        Tensor bagOf = bags.repeat_interleave(k);
                        Tensor x = features.detach().contiguous();
                        return Operator.of("aten::_embedding_bag_per_sample_weights_backward")
                                .call(
                                        new IValue(x),
                                        new IValue(rows),
                                        new IValue(entries),
                                        new IValue(starts),
                                        new IValue(bagOf),
                                        new IValue(0L),
                                        new IValue(-1L))
                                .view(n, k);
                    },
                    gradient -> torch.embedding_bag(
                                    rows,
                                    entries,
                                    starts,
                                    false,
                                    0,
                                    false,
                                    new TensorOptional(gradient.contiguous().view(-1)),
                                    false)
                            .get0());
        }
    },
    /** A few columns at a time. */
    BLOCKS {
        @Override
        Tensor of(Tensor features, Tensor rows, Tensor picked) {
            long n = picked.size(0);
            long k = picked.size(1);
            long block = Math.max(1, BLOCK / Math.max(1, n * rows.size(1)));
            return CustomGradient.of(
                    features,
                    () -> {
                        Tensor x = features.detach().unsqueeze(2);
                        Tensor scores = torch.empty_like(features).resize_(n, k);
                        for (long from = 0; from < k; from += block) {
                            long size = Math.min(block, k - from);
                            try (Scope scope = Scope.open()) {
                                Tensor chosen = chosen(rows, picked.narrow(1, from, size));
                                scores.narrow(1, from, size).copy_(chosen.bmm(x).squeeze(2));
                            }
                        }
                        return scores;
                    },
                    gradient -> {
                        Tensor sum = torch.zeros_like(features);
                        for (long from = 0; from < k; from += block) {
                            long size = Math.min(block, k - from);
                            try (Scope scope = Scope.open()) {
                                Tensor chosen = chosen(rows, picked.narrow(1, from, size));
                                sum.add_(gradient.narrow(1, from, size)
                                        .unsqueeze(1)
                                        .bmm(chosen)
                                        .squeeze(1));
                            }
                        }
                        return sum;
                    });
        }
    };

    /** Numbers of picked rows in memory at a time: 32 MB of float32. */
    private static final long BLOCK = 1 << 23;

    /** Up to how many times as many rows as picked ones the product with all of them is the faster on a CPU; measured. */
    private static final long ROWS_PER_PICK = 6;

    /** The product's share of the memory that the picked rows would take, at most 1 / this. */
    private static final long MEMORY_SHARE = 8;

    /**
     * @param features N×D
     * @param rows n×D, without gradient; not changed before the backward pass
     * @param picked N×K int64, 0 … n−1, on the device of the rows
     * @return N×K
     */
    abstract Tensor of(Tensor features, Tensor rows, Tensor picked);

    /** The best way for these sizes. A GPU multiplies so much faster than it gathers that only memory counts there. */
    static PickedScores choose(Tensor rows, Tensor picked) {
        long n = rows.size(0);
        long k = picked.size(1);
        boolean fits = n * MEMORY_SHARE <= Math.max(k * rows.size(1), BLOCK);
        boolean fast = !rows.is_cpu() || n <= ROWS_PER_PICK * k;
        if (fits && fast) {
            return PRODUCT;
        }
        return rows.is_cpu() ? BAGS : BLOCKS;
    }

    private static Tensor chosen(Tensor rows, Tensor picked) {
        return rows.index_select(0, picked.reshape(-1)).view(picked.size(0), picked.size(1), rows.size(1));
    }
}
