package io.contrast4j.dist;

import io.contrast4j.spec.UserError;

/** A process that trained together with this one is gone or does not answer. The message names its rank. */
public final class LostRank extends UserError {
    LostRank(String message, Throwable cause) {
        super(FAILED, message, cause);
    }
}
