/**
 * Everything that touches the life of a raw LibTorch pointer.
 *
 * <p>The rule of the house: who creates a pointer closes it, and nothing is left to the garbage collector. Two classes
 * serve it. A {@link io.contrast4j.tensor.Scope} is opened around a step and frees, when it closes, every native object
 * created on its thread in between. An {@link io.contrast4j.tensor.Arena} belongs to something that lives longer (an
 * encoder, a memory bank) and owns what is created inside its blocks until it is closed itself. A tensor that has to
 * leave a scope is kept with {@link io.contrast4j.tensor.Scope#keep}, and from then on has an owner who closes it.
 */
@NullMarked
package io.contrast4j.tensor;

import org.jspecify.annotations.NullMarked;
