package io.contrast4j.nn;

/** How large the sub-network at an exit is. */
public enum ExitSize {
    /** Pooling and one linear layer. */
    FC,
    /** The remaining stages of the backbone once more, with half as many layers, rounded down. */
    SMALL,
    /** The remaining stages of the backbone once more. */
    SAME,
    /** The remaining stages of the backbone once more, with twice as many layers. */
    LARGE;

    /**
     * The number of layers of a stage of the sub-network.
     *
     * @param same that of the backbone's stage
     */
    int layers(int same) {
        return switch (this) {
            case FC -> 0;
            case SMALL -> same / 2;
            case SAME -> same;
            case LARGE -> 2 * same;
        };
    }
}
