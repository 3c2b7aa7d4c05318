/**
 * Starts {@code tools/contrast4j} in processes of its own, as a user does: trains, kills, resumes, and hands it input
 * that is wrong. {@link io.contrast4j.e2e.Launcher} starts it, {@link io.contrast4j.e2e.RunFiles} reads what it wrote.
 */
@NullMarked
package io.contrast4j.e2e;

import org.jspecify.annotations.NullMarked;
