package io.contrast4j.negatives;

/** What tells how well training goes. */
public enum Measure {
    /** Of a step; lower is better. */
    LOSS,
    /** Of a validation; higher is better. */
    ACCURACY
}
