package io.contrast4j.negatives;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Features that look for their positives and negatives in a store.
 *
 * @param pair names anchors and contrast set
 * @param features N×D, with gradient
 * @param positives N×D, the positive of each; empty where it is the anchor's own row of the store
 * @param indices the anchors' positions in the data set, int64 N on the CPU
 * @param together pictures that have a loss together: N, or more where several processes share a batch
 */
public record Anchor(String pair, Tensor features, Optional<Tensor> positives, Tensor indices, long together) {
    /** With a loss of their own. */
    public Anchor(String pair, Tensor features, Optional<Tensor> positives, Tensor indices) {
        this(pair, features, positives, indices, features.size(0));
    }
}
