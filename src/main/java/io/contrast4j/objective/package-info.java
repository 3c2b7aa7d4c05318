/**
 * What is minimised. A negative selector produces {@link io.contrast4j.objective.Scores}, raw similarities of anchors
 * with their positives and negatives; an {@link io.contrast4j.objective.Objective} turns them into one number. Because
 * the two meet only in the scores, every objective works with every kind of negatives, except where {@link
 * io.contrast4j.objective.Objective.Config#refused} says why not.
 *
 * <p>Losses that are not about similarities stand beside it: {@link io.contrast4j.objective.Distillation}, {@link
 * io.contrast4j.objective.OneStageLoss} and {@link io.contrast4j.objective.PredictionError}. All losses are computed in
 * float32 or float64: {@link io.contrast4j.tensor.Tensors#wide} is applied where features and logits leave a network.
 */
@NullMarked
package io.contrast4j.objective;

import org.jspecify.annotations.NullMarked;
