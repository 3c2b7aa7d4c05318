/**
 * Files that hold tensors.
 *
 * <p>{@link io.contrast4j.checkpoint.SafeTensors} holds named tensors and nothing else.
 */
@NullMarked
package io.contrast4j.checkpoint;

import org.jspecify.annotations.NullMarked;
