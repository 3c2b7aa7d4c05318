/**
 * The documentation: {@link io.contrast4j.site.Documentation} finds the Markdown files, {@link io.contrast4j.site.LinkCheck}
 * follows what they refer to, and {@link io.contrast4j.site.PackageDrawing} draws what the packages of the program use.
 * {@link io.contrast4j.site.Site} makes the pages of a web site of them, with a search.
 */
@NullMarked
package io.contrast4j.site;

import org.jspecify.annotations.NullMarked;
