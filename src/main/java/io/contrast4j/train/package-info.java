/**
 * Training: {@link io.contrast4j.train.Trainer} is the loop, to be read at one sitting; {@link
 * io.contrast4j.train.Sgd} owns its buffers, so that they can be checkpointed by name; a {@link
 * io.contrast4j.train.Schedule} says the learning rate of an epoch.
 */
@NullMarked
package io.contrast4j.train;

import org.jspecify.annotations.NullMarked;
