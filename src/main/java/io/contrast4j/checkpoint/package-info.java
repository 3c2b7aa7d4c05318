/**
 * Files that hold tensors.
 *
 * <p>{@link io.contrast4j.checkpoint.CheckpointStore} is the folder of a run's checkpoints, where a crash or a full disk
 * never costs more than the checkpoint that was being written. What it writes is a {@link
 * io.contrast4j.checkpoint.PthFile}, the format of PyTorch: a tree of plain values, which Python opens too, and as which
 * published checkpoints are read, by an unpickler that executes nothing. {@link
 * io.contrast4j.checkpoint.SafeTensors} holds named tensors and nothing else. The same unpickler reads, as a {@link
 * io.contrast4j.checkpoint.PickleFile}, data sets that are published as pickles.
 */
@NullMarked
package io.contrast4j.checkpoint;

import org.jspecify.annotations.NullMarked;
