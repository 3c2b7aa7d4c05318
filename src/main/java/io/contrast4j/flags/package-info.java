/**
 * The options of the published programs, and what they are called here: {@link io.contrast4j.flags.PublishedSource} reads them from
 * a resource for each source, {@link io.contrast4j.flags.FlagPage} makes a page of them, and {@link
 * io.contrast4j.flags.ConfigImport} turns a command line or a JSON file into a configuration. Texts alone: nothing knows what the
 * keys mean.
 */
@NullMarked
package io.contrast4j.flags;

import org.jspecify.annotations.NullMarked;
