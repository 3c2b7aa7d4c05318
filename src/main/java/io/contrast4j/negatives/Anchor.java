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
 */
public record Anchor(String pair, Tensor features, Optional<Tensor> positives, Tensor indices) {}
