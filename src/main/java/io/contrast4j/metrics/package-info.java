/**
 * What a run tells about itself while it goes on.
 *
 * <p>{@link io.contrast4j.metrics.Meters} are read by whoever holds the registry. {@link
 * io.contrast4j.metrics.JsonLines} keeps every number of the run in a text file, {@link
 * io.contrast4j.metrics.EventFile} in the form TensorBoard shows, and both can be continued by a resumed run so that
 * every step is there once. {@link io.contrast4j.metrics.Progress} is for the person who watches a training, {@link
 * io.contrast4j.metrics.TaskProgress} for one who waits for a download or a walk through a data set.
 */
@NullMarked
package io.contrast4j.metrics;

import org.jspecify.annotations.NullMarked;
