/**
 * Data sets before they are trained on: got, cut down and looked at.
 *
 * <p>The {@link io.contrast4j.prepare.Catalogue} names public data sets; a {@link io.contrast4j.prepare.Download} fetches the
 * files of an {@link io.contrast4j.prepare.Archive} and goes on where it was broken off; {@link
 * io.contrast4j.prepare.Unpacking} takes them apart. A {@link io.contrast4j.prepare.ClassSubset} is an image folder with some
 * of the classes of another one. An {@link io.contrast4j.prepare.Inspection} says what a data set is made of, and a {@link
 * io.contrast4j.prepare.ContactSheet} shows it. {@link io.contrast4j.prepare.FoundData} says what a folder is, and a {@link
 * io.contrast4j.prepare.Survey} looks at some of it.
 */
@NullMarked
package io.contrast4j.prepare;

import org.jspecify.annotations.NullMarked;
