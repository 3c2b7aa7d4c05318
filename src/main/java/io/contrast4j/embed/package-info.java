/**
 * Trained encoders for other programs: pictures in, vectors out.
 *
 * <p>{@link io.contrast4j.embed.Embedder} loads the checkpoint of a run or one that others published and embeds pictures,
 * from any number of threads. {@link io.contrast4j.embed.Neighbours} finds the most similar of some vectors exactly;
 * {@link io.contrast4j.embed.PictureIndex} keeps those of a folder on disk, and finds them by a graph.
 *
 * <p>This package and {@link io.contrast4j.spec.UserError} are what programs may rely on; all others are internal. Behind
 * it, {@code Encoding} is the output of a model that was asked for, and {@code Chunk} a part of the pictures on their way.
 */
@NullMarked
package io.contrast4j.embed;

import org.jspecify.annotations.NullMarked;
