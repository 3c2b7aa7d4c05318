/**
 * Counter-based randomness: a number depends on what it is drawn for, never on which thread draws it or on what was
 * drawn before, so that the same seed gives the same run whatever the number of workers, and a resumed run equals an
 * uninterrupted one.
 */
@NullMarked
package io.contrast4j.random;

import org.jspecify.annotations.NullMarked;
