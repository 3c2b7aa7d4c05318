/**
 * Encoders, built from LibTorch modules so that autograd and the native kernels run as they do in Python, with exactly
 * the parameter names of the published checkpoints.
 *
 * <p>{@link io.contrast4j.nn.Backbone} is a network with named layers that can be tapped; {@link
 * io.contrast4j.nn.ResNet} is one. {@link io.contrast4j.nn.ViewEncoders} holds one backbone per view, which is what
 * contrastive multiview coding trains. {@link io.contrast4j.nn.Layers} makes the convolutions and norms.
 */
@NullMarked
package io.contrast4j.nn;

import org.jspecify.annotations.NullMarked;
