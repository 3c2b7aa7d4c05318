package io.contrast4j.nn;

/** How large the sub-network at an exit is. */
public enum ExitSize {
    /** Pooling and one linear layer. */
    FC,
    /** The remaining stages of the backbone once more, with about half as many layers. */
    SMALL,
    /** The remaining stages of the backbone once more. */
    SAME
}
