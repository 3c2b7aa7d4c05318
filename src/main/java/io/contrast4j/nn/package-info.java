/**
 * Encoders, built from LibTorch modules so that autograd and the native kernels run as they do in Python, with exactly
 * the parameter names of the published checkpoints.
 *
 * <p>{@link io.contrast4j.nn.Backbone} is a network with named layers that can be tapped: {@link
 * io.contrast4j.nn.ResNet} and {@link io.contrast4j.nn.AlexNet} are CMC's, {@link io.contrast4j.nn.TorchvisionResNet} that of MoCo and align-uniform, {@link
 * io.contrast4j.nn.RingResNet} the same under other names, {@link io.contrast4j.nn.SmallAlexNet} one for small pictures.
 * They end in a {@link io.contrast4j.nn.ProjectionHead}. {@link io.contrast4j.nn.ViewEncoders} holds one backbone per
 * view, which is what contrastive multiview coding trains; {@link io.contrast4j.nn.MomentumEncoder} follows a backbone
 * slowly, as MoCo's key encoder does. {@link io.contrast4j.nn.LinearHead} is the classifier that a frozen layer is judged
 * by. {@link io.contrast4j.nn.DataParallel} makes of a backbone one with a {@link io.contrast4j.nn.Replica} on each of several
 * devices. {@link io.contrast4j.nn.Anatomy} says what any of these networks consists of and costs.
 *
 * <p>{@link io.contrast4j.nn.MultiExit} is a network with sub-networks that leave it on the way: SelfCon's {@link
 * io.contrast4j.nn.SelfConResNet}, {@link io.contrast4j.nn.SelfConVgg}, {@link io.contrast4j.nn.SelfConWideResNet} and
 * {@link io.contrast4j.nn.SelfConEfficientNet}. {@link io.contrast4j.nn.ContrastiveNetwork} puts contrastive heads on it
 * and makes it a backbone; {@link io.contrast4j.nn.OneStageNetwork} puts {@linkplain io.contrast4j.nn.Classifier
 * classifiers} on it.
 *
 * <p>Networks are put together of {@link io.contrast4j.nn.Layers}, {@link io.contrast4j.nn.Convolution} and {@link
 * io.contrast4j.nn.ResidualBlock}: a {@link io.contrast4j.nn.Sequence} gives parameters the names of numbered layers, a
 * {@link io.contrast4j.nn.Trunk} runs named ones and hands out what is asked for; {@link io.contrast4j.nn.BatchNorms} are
 * LibTorch's, or those of several processes together. {@link io.contrast4j.nn.Weights} has
 * the initialisations.
 */
@NullMarked
package io.contrast4j.nn;

import org.jspecify.annotations.NullMarked;
