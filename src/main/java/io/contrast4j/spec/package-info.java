/**
 * What every configuration record needs to say its name and its limits, and the two kinds of errors a user can cause.
 *
 * <p>A record checks its values in its compact constructor with {@link io.contrast4j.spec.Problems}, which collects all
 * violations before it throws. So the same checks hold for a record bound from HOCON and for one made in Java, and a
 * configuration file with five mistakes is answered with five messages.
 */
@NullMarked
package io.contrast4j.spec;

import org.jspecify.annotations.NullMarked;
