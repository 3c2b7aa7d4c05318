/**
 * Encoders, built from LibTorch modules so that autograd and the native kernels run as they do in Python, with exactly
 * the parameter names of the published checkpoints.
 *
 * <p>{@link io.contrast4j.nn.Backbone} is a network with named layers that can be tapped; {@link
 * io.contrast4j.nn.ResNet} and {@link io.contrast4j.nn.AlexNet} are those of contrastive multiview coding. {@link
 * io.contrast4j.nn.ViewEncoders} holds one backbone per view, which is what it trains. {@link
 * io.contrast4j.nn.LinearHead} is the classifier that a frozen layer is judged by. {@link io.contrast4j.nn.Layers} makes
 * the convolutions and norms, {@link io.contrast4j.nn.TappedLayers} runs layers as far as they are asked for.
 * {@link io.contrast4j.nn.Anatomy} says what any of these networks consists of and costs.
 */
@NullMarked
package io.contrast4j.nn;

import org.jspecify.annotations.NullMarked;
