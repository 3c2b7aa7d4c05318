/**
 * The command line. {@link io.contrast4j.cli.Run} is the only place where the parts are wired together, from a {@link
 * io.contrast4j.cli.RunConfig}.
 */
@NullMarked
package io.contrast4j.cli;

import org.jspecify.annotations.NullMarked;
