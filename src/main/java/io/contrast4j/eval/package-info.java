/**
 * How good are frozen features? {@link io.contrast4j.eval.Features} are extracted once from a data set; {@link
 * io.contrast4j.eval.LinearProbe} and {@link io.contrast4j.eval.Knn} classify the test set with them.
 */
@NullMarked
package io.contrast4j.eval;

import org.jspecify.annotations.NullMarked;
