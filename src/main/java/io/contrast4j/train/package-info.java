/**
 * Training: {@link io.contrast4j.train.Trainer} is the loop around the {@link
 * io.contrast4j.train.TrainStep step}, each to be read at one sitting. It tells an {@link
 * io.contrast4j.train.Observer} what happens, saves as a {@link io.contrast4j.train.CheckpointPlan} says, and {@link
 * io.contrast4j.train.RunCheckpoint} brings everything that has state into one file, with the top
 * level of CMC's own checkpoints.
 */
@NullMarked
package io.contrast4j.train;

import org.jspecify.annotations.NullMarked;
