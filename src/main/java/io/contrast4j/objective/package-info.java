/**
 * What is minimised. A negative selector produces {@link io.contrast4j.objective.Scores}, raw similarities of anchors
 * with their positives and negatives; an {@link io.contrast4j.objective.Objective} turns them into one number. Because
 * the two meet only in the scores, every objective works with every kind of negatives.
 */
@NullMarked
package io.contrast4j.objective;

import org.jspecify.annotations.NullMarked;
