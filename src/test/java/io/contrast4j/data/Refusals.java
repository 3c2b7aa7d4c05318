package io.contrast4j.data;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.contrast4j.spec.UserError;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Data sets that cannot be opened. */
final class Refusals {
    private Refusals() {}

    /** The opening fails as a wrong usage, with exactly this message. */
    static void assertRefused(ThrowingCallable opening, String message) {
        assertThatThrownBy(opening)
                .isInstanceOfSatisfying(
                        UserError.class,
                        error -> Assertions.assertThat(error.exitCode()).isEqualTo(UserError.USAGE))
                .hasMessage(message);
    }
}
