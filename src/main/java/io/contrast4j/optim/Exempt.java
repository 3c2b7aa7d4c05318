package io.contrast4j.optim;

import org.bytedeco.pytorch.Tensor;

/** Which parameters have no weight decay, and with LARS no rate of their own either. */
public enum Exempt {
    /** All are treated alike, as CMC, MoCo and SelfCon do. */
    NONE,
    /**
     * Scales and shifts of normalisations, and biases: the parameters with one axis. They are few, and pulling them to 0
     * regularises nothing (You et al., "Large Batch Training of Convolutional Networks", arXiv:1708.03888; Goyal et al.,
     * "Accurate, Large Minibatch SGD", arXiv:1706.02677).
     */
    NORMS_AND_BIASES;

    boolean holds(Tensor parameter) {
        return this == NORMS_AND_BIASES && parameter.dim() <= 1;
    }
}
