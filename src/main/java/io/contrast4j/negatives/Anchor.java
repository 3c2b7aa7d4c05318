package io.contrast4j.negatives;

import org.bytedeco.pytorch.Tensor;

/**
 * Features that look for their positives and negatives in a store.
 *
 * @param pair name of the anchors' view
 * @param features N×D, with gradient
 * @param indices the anchors' positions in the data set, int64 N on the CPU
 */
public record Anchor(String pair, Tensor features, Tensor indices) {}
