package io.contrast4j.negatives;

import io.contrast4j.tensor.CustomGradient;
import io.contrast4j.tensor.Operator;
import io.contrast4j.tensor.RowProducts;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Inner products of each feature with rows of a table that were picked for it, s_ik = ⟨x_i, M_{p_ik}⟩, and their gradient
 * dL/dx_i = Σ_k g_ik·M_{p_ik}, without the N×K×D table of the picked rows.
 *
 * <p>There are two ways, equal but for rounding. For a table of not many more rows than are picked, the product with
 * all rows, N×n, of which the picked entries are taken. Else LibTorch's kernels for bags of embeddings, which read a row and
 * use it at once.
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
            return bags(features, rows, picked, 1);
        }
    },
    /** The same, of which the sum is taken of parts of each bag first: a GPU sums up a whole bag in one thread for each number. */
    PARTS {
        @Override
        Tensor of(Tensor features, Tensor rows, Tensor picked) {
            return bags(features, rows, picked, Math.min(picked.size(1), Math.max(1, ENOUGH / picked.size(0))));
        }
    };

    /** Sums that keep a GPU of some 200 thousand threads busy, a warp or more for each. */
    private static final long ENOUGH = 1 << 14;

    /** Numbers of a product with all rows that are few enough in any case: 32 MB of float32. */
    private static final long FEW = 1 << 23;

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
        boolean fits = n * MEMORY_SHARE <= Math.max(k * rows.size(1), FEW);
        boolean fast = !rows.is_cpu() || n <= ROWS_PER_PICK * k;
        if (fits && fast) {
            return PRODUCT;
        }
        return rows.is_cpu() ? BAGS : PARTS;
    }

    private static Tensor bags(Tensor features, Tensor rows, Tensor picked, long parts) {
        long n = picked.size(0);
        long k = picked.size(1);
        TensorOptions integers = new TensorOptions(ScalarType.Long).device(new DeviceOptional(rows.device()));
        Tensor entries = picked.reshape(-1);
        return CustomGradient.of(
                features,
                () -> {
                    Tensor bags = torch.torch_arange(new Scalar(n), integers);
                    return Operator.of("aten::_embedding_bag_per_sample_weights_backward")
                            .call(
                                    new IValue(features.detach().contiguous()),
                                    new IValue(rows),
                                    new IValue(entries),
                                    new IValue(bags.mul(new Scalar(k))),
                                    new IValue(bags.unsqueeze(1)
                                            .expand(n, k)
                                            .reshape(-1)
                                            .contiguous()),
                                    new IValue(0L),
                                    new IValue(-1L))
                            .view(n, k);
                },
                gradient -> {
                    // Part p of bag i begins at ⌊(i·parts + p)·k / parts⌋ = i·k + ⌊p·k / parts⌋.
                    Tensor starts = torch.torch_arange(new Scalar(n * parts), integers)
                            .mul(new Scalar(k))
                            .floor_divide(new Scalar(parts));
                    return torch.embedding_bag(
                                    rows,
                                    entries,
                                    starts,
                                    false,
                                    0,
                                    false,
                                    new TensorOptional(gradient.contiguous().view(-1)),
                                    false)
                            .get0()
                            .view(n, parts, rows.size(1))
                            .sum(1);
                });
    }
}
