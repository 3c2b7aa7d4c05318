/**
 * HOCON files to records, with every problem listed at once.
 *
 * <p>{@link io.contrast4j.config.ConfigFile} is the way in. It puts three layers on top of each other: {@code key=value}
 * overrides, the run's file with its includes, and the defaults of reference.conf. System properties play no part, and the
 * environment only where a file asks for it with {@code ${?NAME}}.
 *
 * <p>A record class describes what a configuration may say. {@code Shape} reads that description by reflection: component
 * {@code learningRate} is key {@code learning-rate}, a sealed interface is a choice made by the key {@code type}.
 * {@code Variants} gives each chosen variant its defaults, {@code Binder} makes the records and collects what is wrong,
 * {@code Suggestion} guesses what an unknown key was meant to be, and {@code Rendering} writes the outcome back, either
 * as a file that gives the same run again or with the place each value came from. A {@link io.contrast4j.config.Source}
 * is such a place.
 *
 * <p>{@link io.contrast4j.config.ConfigReference} writes the reference manual from the comments in reference.conf.
 *
 * <h2>Defaults of variants</h2>
 *
 * The defaults of the variant {@code X} of a choice at key {@code P} are at {@code variants.P.X}, so that choosing another
 * type leaves nothing of the first behind:
 *
 * <pre>{@code
 * optimizer { type = sgd }
 * variants.optimizer.sgd { learning-rate = 0.03, momentum = 0.9 }
 * variants.optimizer.adam { learning-rate = 0.001 }
 * }</pre>
 *
 * Elements of a list or map are at the key of the list or map itself: {@code variants.data.transforms.crop} for
 * {@code data.transforms = [{ type = crop }]}. A plain record inside a list, a map or an {@code Optional} takes its defaults
 * from {@code variants.P}. A choice within itself (a transform that holds transforms) takes them from its outermost place.
 */
@NullMarked
package io.contrast4j.config;

import org.jspecify.annotations.NullMarked;
