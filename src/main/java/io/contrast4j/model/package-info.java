/**
 * Trained networks out of files of any known source. {@link io.contrast4j.model.ModelFile} reads what a file says about its
 * network, {@code PublishedNetwork} works it out where there is no configuration in the file, and {@link
 * io.contrast4j.model.TrainedModel} is the network, with the way in which pictures become its input.
 */
@NullMarked
package io.contrast4j.model;

import org.jspecify.annotations.NullMarked;
