/**
 * The command line. {@link io.contrast4j.cli.Run} is the only place where the parts are wired together, from a {@link
 * io.contrast4j.cli.RunConfig}. Each process has one, on its {@link io.contrast4j.cli.Workplace}; the {@link
 * io.contrast4j.cli.RunBook} about it is kept by the first.
 */
@NullMarked
package io.contrast4j.cli;

import org.jspecify.annotations.NullMarked;
