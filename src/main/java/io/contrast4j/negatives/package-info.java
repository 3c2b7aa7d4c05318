/**
 * What anchors are contrasted with. A {@link io.contrast4j.negatives.NegativeStore} remembers features of earlier
 * steps; a {@link io.contrast4j.negatives.NegativeSelector} picks from it and scores. All chance goes through {@link
 * io.contrast4j.negatives.Draws}, so that a test can supply the numbers.
 */
@NullMarked
package io.contrast4j.negatives;

import org.jspecify.annotations.NullMarked;
