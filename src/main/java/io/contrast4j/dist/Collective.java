package io.contrast4j.dist;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What processes do all together. Every rank calls the same methods in the same order with tensors of the same types and
 * shapes; a call returns when it is complete, but see {@link Gradients#begin}. Nothing here is recorded for gradients, see {@link GatheredRows}.
 *
 * <p>All methods throw {@link LostRank} if another process is gone or does not take part within the time-out. After that
 * nothing more can be done together.
 */
public interface Collective {
    /** The N×… rows of each rank below each other in the order of the ranks, (size·N)×…, on the same device. */
    Tensor gather(Tensor rows);

    /**
     * Deals rows out: of the (size·N)×… rows of each rank, those of its s-th block go to rank s.
     *
     * @return (size·N)×…, the block from each rank in their order, on the same device
     */
    Tensor exchange(Tensor rows);

    /** Puts the sum over all ranks in the place of each tensor. */
    void sum(List<Tensor> tensors);

    /** Puts what rank 0 has in the place of each tensor of the others. */
    void broadcast(List<Tensor> tensors);
}
