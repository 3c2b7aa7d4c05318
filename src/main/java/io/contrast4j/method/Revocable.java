package io.contrast4j.method;

/** Something that forward passes change before it is known whether their step counts. */
public interface Revocable {
    /** Takes back what the forward passes since the last commit have changed; called in place of the next one. */
    void revoke();
}
