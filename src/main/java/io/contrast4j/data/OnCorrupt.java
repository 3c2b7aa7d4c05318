package io.contrast4j.data;

/** What to do about a sample that cannot be read. */
public enum OnCorrupt {
    /** End the run with a message that names the file and the reason. */
    FAIL,
    /** Leave the sample out: its batch is smaller by one. */
    SKIP,
    /** Put another sample in its place, drawn at random; label and index are those of the other sample. */
    REPLACE
}
