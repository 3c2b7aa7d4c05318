package io.contrast4j.dist;

import io.contrast4j.spec.UserError;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Device;

/** The processes of a training, and what they do together. */
public interface Ranks extends Collective, AutoCloseable {
    /** Who takes part. */
    World world();

    /**
     * Returns when all has been exchanged that the step asked for so far, and from then on each exchange is waited for. To be
     * called before the program waits for the GPU in any other way, and before the weights move: the GPU would wait for a lost rank
     * for ever, and learn from what never came.
     *
     * @throws LostRank if it cannot be; what the GPU has computed since {@link Gradients#begin} is to be taken back then
     */
    void settle();

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
        if (placement.meeting().isEmpty()) {
            return new Alone();
        }
        Map<String, String> said = new HashMap<>(agreed);
        said.put(Guest.JOB, placement.job());
        return ProcessRanks.join(placement.world(), placement.meeting().get(), config, device, said);
    }
}
