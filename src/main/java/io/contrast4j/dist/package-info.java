/**
 * Several processes that train together, each on a device of its own.
 *
 * <p>{@link io.contrast4j.dist.Placement} reads from the environment or the configuration which of them this one is ({@link
 * io.contrast4j.dist.World}) and where they meet ({@link io.contrast4j.dist.Rendezvous}). They meet over plain sockets
 * ({@code Meeting}): what does not fit, such as another configuration, is refused there in one sentence, before LibTorch
 * speaks; and the connections stay open, so that who dies is known by its rank. {@link io.contrast4j.dist.Ranks} is what they
 * do together then, over LibTorch's c10d with Gloo or NCCL: gather, deal out, sum, broadcast. {@link io.contrast4j.dist.Alone} does the
 * same for one process, so that nothing else needs to know how many there are.
 *
 * <p>{@link io.contrast4j.dist.Gradients} stands around the passes of a step; {@link io.contrast4j.dist.GradientReducer} has
 * the gradients averaged while the backward pass is still under way. {@link io.contrast4j.dist.GatheredRows} lets the loss of
 * each rank use the features of all, with gradient.
 *
 * <p>How a run of several processes is meant to be put together: {@code EpochOrder.BatchPart} gives each rank its rows of
 * each batch, {@code method.Replicated} stands around the method, {@code Gradients.of} around the passes of the trainer, {@link
 * io.contrast4j.dist.Exchange} sums losses, and whether to stop, over the ranks, and rank 0 alone has a folder.
 */
@NullMarked
package io.contrast4j.dist;

import org.jspecify.annotations.NullMarked;
