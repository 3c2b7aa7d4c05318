package io.contrast4j.dist;

import io.contrast4j.spec.UserError;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * What the processes of a training do together. Every rank calls the same methods in the same order with tensors of the same
 * types and shapes; a call returns when it is complete. Nothing here is recorded for gradients, see {@link GatheredRows}.
 *
 * <p>All methods throw {@link LostRank} if another process is gone or does not take part within the time-out. After that
 * nothing more can be done together.
 */
public interface Ranks extends AutoCloseable {
    /** Who takes part. */
    World world();

    /** The N×… rows of each rank below each other in the order of the ranks, (size·N)×…, on the same device. */
    Tensor gather(Tensor rows);

    /** Puts the sum over all ranks in the place of each tensor. */
    void sum(List<Tensor> tensors);

    /** Puts what rank 0 has in the place of each tensor of the others. */
    void broadcast(List<Tensor> tensors);

    @Override
    void close();

    /**
     * Meets the other processes.
     *
     * @param device that this process computes on
     * @param agreed keys and values that must be the same on all ranks
     * @throws UserError if one does not come in time or does not fit; see {@link Meeting}
     */
    static Ranks join(Placement placement, Distributed config, Device device, Map<String, String> agreed) {
        return placement.meeting().isEmpty()
                ? new Alone()
                : ProcessRanks.join(placement.world(), placement.meeting().get(), config, device, agreed);
    }
}
