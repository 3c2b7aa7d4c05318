package io.contrast4j.negatives;

/** Of what an inner threshold is a share. */
public enum InnerMode {
    /** Of the rows within the outer threshold, so that it falls with that. */
    DYNAMIC,
    /** Of all rows; it must stay below the outer threshold. */
    FIXED
}
