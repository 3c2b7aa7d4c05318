/**
 * The rules by which {@code contrast4j init} chooses a run: {@link io.contrast4j.fit.Rules} take what is known of the {@link
 * io.contrast4j.fit.Pictures} and of the {@link io.contrast4j.fit.Machine} and give a {@link io.contrast4j.fit.Plan}, which {@link
 * io.contrast4j.fit.ConfText} writes as HOCON, every choice with its reason. docs/init.md has the rules as a table.
 */
@NullMarked
package io.contrast4j.fit;

import org.jspecify.annotations.NullMarked;
