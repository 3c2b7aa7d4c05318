/**
 * Optimizers and learning-rate schedules, for pre-training and for the classifiers that judge it. An {@link
 * io.contrast4j.optim.Optimizer} owns what it keeps for each parameter, so that it can be checkpointed; a {@link
 * io.contrast4j.optim.Schedule} says the learning rate of each step, perhaps after a {@link io.contrast4j.optim.Warmup}; a
 * {@link io.contrast4j.optim.GradScaler} keeps gradients of 16 bits from becoming 0.
 */
@NullMarked
package io.contrast4j.optim;

import org.jspecify.annotations.NullMarked;
