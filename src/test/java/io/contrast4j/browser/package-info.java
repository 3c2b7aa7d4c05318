/** A browser for the tests of pages. */
@NullMarked
package io.contrast4j.browser;

import org.jspecify.annotations.NullMarked;
