/**
 * What anchors are contrasted with. A {@link io.contrast4j.negatives.NegativeStore} remembers features of earlier steps:
 * a {@link io.contrast4j.negatives.MemoryBank} one for each picture, a {@link io.contrast4j.negatives.FeatureQueue}
 * those of the last batches; its {@link io.contrast4j.negatives.Rows} are what features are compared with, and may be dealt
 * out to several processes, as those of a {@link io.contrast4j.negatives.ShardedBank}. A {@link io.contrast4j.negatives.NegativeSelector} picks from it and scores: {@link
 * io.contrast4j.negatives.AllRows}, a {@link io.contrast4j.negatives.UniformSample}, or what lies in a {@link
 * io.contrast4j.negatives.Ball} or {@link io.contrast4j.negatives.Ring} around the anchor, whose {@link
 * io.contrast4j.negatives.Threshold} may change while training. All chance goes through {@link
 * io.contrast4j.negatives.Draws}, so that a test can supply the numbers.
 */
@NullMarked
package io.contrast4j.negatives;

import org.jspecify.annotations.NullMarked;
