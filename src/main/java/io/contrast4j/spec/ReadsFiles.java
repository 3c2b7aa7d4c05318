package io.contrast4j.spec;

/** A configuration record that names files or folders which must be there before a run can start. */
public interface ReadsFiles {
    /** {@return the values that name something that is not there, or not of the kind that is read} */
    Problems missing();
}
