/** Reading of golden files: numbers that published implementations produced, which ours must reproduce. */
@NullMarked
package io.contrast4j.golden;

import org.jspecify.annotations.NullMarked;
