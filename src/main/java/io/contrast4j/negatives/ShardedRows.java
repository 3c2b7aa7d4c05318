package io.contrast4j.negatives;

import io.contrast4j.dist.Ranks;
import io.contrast4j.tensor.CustomGradient;
import io.contrast4j.tensor.NoGrad;
import io.contrast4j.tensor.Scope;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Rows of which each of R ranks has a stretch of equal length, the last ones filled up. Features go to where the rows are, and
 * inner products come back, which are far fewer numbers than the rows. For N features of length D of each rank a call sends:
 *
 * <ul>
 *   <li>all products: N·(R−1)·D features, N·n·(R−1)/R products, and as much again in the backward pass;
 *   <li>products with K picked rows: N·(R−1)·(D + K) features and picks, N·K·(R−1) products, and in the backward pass
 *       N·(R−1)·(K + D) gradients;
 *   <li>m rows: m·D numbers, summed over the ranks.
 * </ul>
 *
 * <p>All ranks make the same calls at the same time, and go through the backward pass of each, with equally many features.
 *
 * @param own those of this rank, L×D with L = ⌈n/R⌉
 * @param count n
 */
record ShardedRows(Ranks ranks, Tensor own, long count) implements Rows {
    /** Numbers of picked rows in memory at a time: 32 MB of float32. */
    private static final long BLOCK = 1 << 23;

    /** The number L of rows of each rank. */
    static long length(long count, Ranks ranks) {
        return (count + ranks.world().size() - 1) / ranks.world().size();
    }

    private long length() {
        return own.size(0);
    }

    /** The number of the first row that is here. */
    long first() {
        return ranks.world().rank() * length();
    }

    private long size() {
        return ranks.world().size();
    }

    /** {@inheritDoc} A copy, put together from all ranks. */
    @Override
    public Tensor all() {
        return ranks.gather(own).narrow(0, 0, count);
    }

    @Override
    public Tensor some(Tensor positions) {
        try (NoGrad noGrad = NoGrad.open()) {
            Tensor rows = here(positions);
            ranks.sum(List.of(rows));
            return rows;
        }
    }

    /** As {@link #some}, of positions that each rank has of its own, equally many on all. */
    Tensor each(Tensor positions) {
        try (NoGrad noGrad = NoGrad.open()) {
            return back(here(ranks.gather(Tensors.to(positions, own.device()))));
        }
    }

    /** The rows of these positions that are here, and zeros for the others. */
    private Tensor here(Tensor positions) {
        Tensor local = Tensors.to(positions, own.device()).sub(new Scalar(first()));
        Tensor elsewhere = elsewhere(local);
        return own.index_select(0, local.masked_fill(elsewhere, new Scalar(0L)))
                .masked_fill(elsewhere.unsqueeze(1), Tensors.scalar(0));
    }

    /** Of positions counted from the first row here, which are on other ranks. */
    private Tensor elsewhere(Tensor local) {
        return local.lt(new Scalar(0L)).logical_or(local.ge(new Scalar(length())));
    }

    /** The sum over the ranks of what they have found for the rows of this one, of (R·N)×… for those of all. */
    private Tensor back(Tensor found) {
        long[] shape = Tensors.shape(found);
        shape[0] /= size();
        return ranks.exchange(found).view(size(), shape[0], -1).sum(0).view(shape);
    }

    @Override
    public Tensor products(Tensor features) {
        return CustomGradient.of(features, () -> allProducts(features), this::gradientOfAll);
    }

    private Tensor allProducts(Tensor features) {
        long n = features.size(0);
        Tensor products = ranks.gather(features.detach()).matmul(own.t());
        return ranks.exchange(products)
                .view(size(), n, length())
                .transpose(0, 1)
                .reshape(n, size() * length())
                .narrow(1, 0, count);
    }

    private Tensor gradientOfAll(Tensor gradient) {
        long n = gradient.size(0);
        Tensor filled = gradient.new_zeros(n, size() * length());
        filled.narrow(1, 0, count).copy_(gradient);
        Tensor ofColumns = filled.view(n, size(), length()).transpose(0, 1).reshape(size() * n, length());
        return back(ranks.exchange(ofColumns).matmul(own));
    }

    @Override
    public Tensor products(Tensor features, Tensor picked) {
        Tensor[] entries = new Tensor[1];
        return CustomGradient.of(
                features,
                () -> {
                    Tensor local =
                            gatheredPicks(picked).sub(new Scalar(first())).reshape(-1);
                    Tensor mine = elsewhere(local).logical_not().nonzero().reshape(-1);
                    entries[0] = torch.stack(new TensorVector(mine, local.index_select(0, mine)));
                    return pickedProducts(features.detach(), entries[0], picked.size(1));
                },
                gradient -> gradientOfPicked(gradient, entries[0]));
    }

    /** Half as much to send where rows have numbers of 32 bits. */
    private Tensor gatheredPicks(Tensor picked) {
        ScalarType sent = count <= Integer.MAX_VALUE ? ScalarType.Int : ScalarType.Long;
        return ranks.gather(Tensors.to(picked, own.device()).to(sent)).to(ScalarType.Long);
    }

    /** @param entries 2×E int64: of the picks of all ranks those that are here, by their place, and their rows */
    private Tensor pickedProducts(Tensor features, Tensor entries, long columns) {
        Tensor all = ranks.gather(features);
        Tensor products = all.new_zeros(all.size(0) * columns);
        inBlocks(entries, columns, (places, anchors, rows) -> {
            Tensor some =
                    all.index_select(0, anchors).mul(own.index_select(0, rows)).sum(1);
            products.index_copy_(0, places, some);
        });
        return back(products.view(-1, columns));
    }

    private Tensor gradientOfPicked(Tensor gradient, Tensor entries) {
        Tensor all = ranks.gather(gradient).reshape(-1);
        long columns = gradient.size(1);
        Tensor sums = gradient.new_zeros(all.size(0) / columns, own.size(1));
        inBlocks(entries, columns, (places, anchors, rows) -> {
            Tensor some =
                    own.index_select(0, rows).mul(all.index_select(0, places).unsqueeze(1));
            sums.index_add_(0, anchors, some);
        });
        return back(sums);
    }

    /** What is done with some picks: their places in the table of all, whose row is the anchor, and their rows here. */
    private interface Picks {
        void take(Tensor places, Tensor anchors, Tensor rows);
    }

    private void inBlocks(Tensor entries, long columns, Picks picks) {
        long block = Math.max(1, BLOCK / own.size(1));
        for (long from = 0; from < entries.size(1); from += block) {
            try (Scope scope = Scope.open()) {
                Tensor some = entries.narrow(1, from, Math.min(block, entries.size(1) - from));
                Tensor places = some.select(0, 0);
                picks.take(places, places.floor_divide(new Scalar(columns)).to(ScalarType.Long), some.select(0, 1));
            }
        }
    }
}
