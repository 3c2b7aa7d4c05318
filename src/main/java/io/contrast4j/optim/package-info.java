/**
 * Optimizers and learning-rate schedules, for pre-training and for the classifiers that judge it. {@link
 * io.contrast4j.optim.Sgd} owns its buffers, so that they can be checkpointed; a {@link io.contrast4j.optim.Schedule}
 * says the learning rate of an epoch.
 */
@NullMarked
package io.contrast4j.optim;

import org.jspecify.annotations.NullMarked;
