/**
 * The published methods, each a short composition of encoders, stores, a selector and an objective. The trainer only
 * knows {@link io.contrast4j.method.Method}: forward, and, once the weights have moved, commit.
 */
@NullMarked
package io.contrast4j.method;

import org.jspecify.annotations.NullMarked;
