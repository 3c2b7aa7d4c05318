package io.contrast4j.data;

/** The order of the values of a batch of pictures in memory; their shape is N×C×H×W in both. */
public enum MemoryFormat {
    /** Row by row of one channel after the other: strides C·H·W, H·W, W, 1. */
    CONTIGUOUS,
    /** All channels of a pixel together: strides H·W·C, 1, W·C, C. */
    CHANNELS_LAST
}
