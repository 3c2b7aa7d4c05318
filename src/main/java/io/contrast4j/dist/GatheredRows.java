package io.contrast4j.dist;

import io.contrast4j.tensor.CustomGradient;
import io.contrast4j.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** The rows of all ranks as one tensor that the loss of each rank may use, and whose gradient goes back to every rank. */
public final class GatheredRows {
    private GatheredRows() {}

    /**
     * Gathers rows. A rank's rows have a part in the losses of all ranks, so their gradient is the sum of those that the
     * ranks have found for them:
     *
     * <p>dL/dx<sub>r</sub> = Σ<sub>s</sub> dL<sub>s</sub>/dy[rN … (r+1)N), for y = (x<sub>0</sub>; x<sub>1</sub>; …).
     *
     * <p>With gradients of the parameters averaged over the ranks, this is the gradient of the mean of the ranks' losses.
     *
     * @param rows x of this rank, N×…, finite
     * @return y, (size·N)×…; the backward pass exchanges data, so that all ranks must go through it. It belongs to the
     *     caller's innermost scope, which must still be open then
     */
    public static Tensor of(Ranks ranks, Tensor rows) {
        World world = ranks.world();
        if (world.isAlone()) {
            return rows;
        }
        long[] shape = Tensors.shape(rows);
        long size = rows.numel();
        shape[0] *= world.size();
        // As one long row: a custom gradient takes as many rows as it gives.
        Tensor all = CustomGradient.of(
                rows.reshape(1, -1),
                () -> ranks.gather(rows.detach().reshape(-1)).view(1, -1),
                gradient -> {
                    Tensor sum = gradient.reshape(-1).clone();
                    ranks.sum(List.of(sum));
                    return sum.narrow(0, world.rank() * size, size).view(1, -1);
                });
        return all.view(shape);
    }

    /**
     * The same for rows that are several crops of each picture, crop by crop, all N pictures of each: the rows of all ranks in
     * the order that one process has them in, the first crops of all pictures first.
     *
     * @param rows (crops·N)×… of this rank
     * @return (crops·size·N)×…
     */
    public static Tensor of(Ranks ranks, Tensor rows, int crops) {
        Tensor all = of(ranks, rows);
        return byCrops(ranks.world(), all, crops);
    }

    /** {@link #of(Ranks, Tensor, int)} without gradient, and of any type. */
    public static Tensor detached(Ranks ranks, Tensor rows, int crops) {
        return byCrops(ranks.world(), ranks.gather(rows), crops);
    }

    private static Tensor byCrops(World world, Tensor all, int crops) {
        if (crops == 1 || world.isAlone()) {
            return all;
        }
        long[] shape = Tensors.shape(all);
        return all.reshape(world.size(), crops, shape[0] / world.size() / crops, -1)
                .transpose(0, 1)
                .reshape(shape);
    }
}
